use serde_json::{Value, json};

use crate::site::Site;

#[tokio::test]
async fn the_server_says_what_it_is() {
    let site = Site::start().await;
    let info: Value = site.caller.get("/api/v1/info").await.json();
    let expected = json!({
        "name": "roost", "version": env!("CARGO_PKG_VERSION"), "protocol": 1, "registrations": true,
    });
    assert_eq!(info, expected);
}

#[tokio::test]
async fn the_server_says_how_it_is_doing() {
    let site = Site::start().await;
    site.sign_up("Ada").await.make_board("Spring release").await;
    assert_eq!(site.caller.get("/healthz").await.body, "ok\n");
    let ready = site.caller.get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.body.as_str()), (200, "ready\n"));
    let metrics = site.caller.get("/metrics").await;
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for line in metrics.body.lines() {
        let value = line.rsplit(' ').next().unwrap_or_default();
        assert!(line.starts_with("# ") || value.parse::<f64>().is_ok(), "{line}");
    }
    assert!(metrics.body.contains("\nroost_http_responses_total{class=\"2xx\"} 4\n"), "{}", metrics.body);
    assert!(metrics.body.contains("\nroost_commits_total 2\n"), "{}", metrics.body);
}
