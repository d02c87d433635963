//! Text frames that are no messages, and odd ones that are.

use super::raw_frame;
use super::table::check;
use super::world::World;

/// Each ends the socket with 1011, as in Phoenix, and with a few words, which Phoenix does not say.
#[tokio::test]
async fn texts_that_are_no_messages() {
    const NO_MESSAGE: &str = "not a message";
    const SURROGATE: &str = "a string contains half of a surrogate pair";
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let deep = "[".repeat(100_000);
    let rows: [(&str, &str); 32] = [
        ("", NO_MESSAGE),
        (" ", NO_MESSAGE),
        ("no JSON", NO_MESSAGE),
        ("{}", NO_MESSAGE),
        (r#""a string""#, NO_MESSAGE),
        ("7", NO_MESSAGE),
        ("null", NO_MESSAGE),
        ("[]", NO_MESSAGE),
        // Version 1 on a socket of version 2.
        (r#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat"]"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat",]"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat",{}"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat",{"a"}]"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat",{}] more"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat",{}][]"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat",{},]"#, NO_MESSAGE),
        ("[null,'1','phoenix','heartbeat',{}]", NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat",undefined]"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat",NaN]"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat",01]"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat",1.]"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat","\x"]"#, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat","\u12"]"#, NO_MESSAGE),
        ("\u{FEFF}[null,\"1\",\"phoenix\",\"heartbeat\",{}]", NO_MESSAGE),
        ("[null,\"1\",\"phoenix\",\"heartbeat\",\"\u{1}\"]", NO_MESSAGE),
        ("[null,\"1\",\"phoenix\",\"heartbeat\",\"\n\"]", NO_MESSAGE),
        (&deep, NO_MESSAGE),
        (r#"[null,"1","phoenix","heartbeat","\ud800"]"#, SURROGATE),
        (r#"[null,"\udc00","phoenix","heartbeat",{}]"#, SURROGATE),
        (r#"[null,"1","phoenix","heartbeat",{"\ud83d\ud83d":1}]"#, SURROGATE),
        (r#"[null,"1","phoenix","heartbeat",1e400]"#, "a number is out of range"),
        (r#"[-1e400,"1","phoenix","heartbeat",{}]"#, "a number is out of range"),
    ];
    for (text, reason) in rows {
        let mut client = world.connect(&ada).await;
        client.send_raw(&raw_frame(0x81, text.as_bytes())).await;
        let shown = text.get(..100).unwrap_or(text);
        assert_eq!(client.goodbye().await, (1011, reason.to_owned()), "{shown}");
    }
    for text in [
        r#"[null,"1","phoenix","heartbeat",{}]"#,
        "[]",
        r#"{"topic":"phoenix","event":"heartbeat","payload":{}}"#,
        r#"{"topic":"phoenix","event":"heartbeat","ref":"1"}"#,
        r#"{"topic":"phoenix","payload":{},"ref":"1"}"#,
        r#"{"event":"heartbeat","payload":{},"ref":"1"}"#,
    ] {
        let mut client = world.connect_with(&ada, "1.0.0").await;
        client.send(text).await;
        assert_eq!(client.goodbye().await, (1011, NO_MESSAGE.to_owned()), "{text}");
    }
}

/// Where the server reads no further than it has to: what it does not need may be anything that is JSON.
#[tokio::test]
async fn odd_payloads_that_are_messages() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    let (arrays, objects) = (
        format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000)),
    );
    for payload in [
        r#""\u0000""#,
        r#""\ud83d\udca1 \/ \b\f\n\r\t""#,
        &arrays,
        &objects,
        "123456789012345678901234567890",
        "-0",
        "1e-400",
        "1E+2",
        r#"{"a":1,"a":2,"":null}"#,
    ] {
        let sent = format!(r#"[null,"1","phoenix","heartbeat",{payload}]"#);
        let answer = r#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#;
        check(&mut client, &[], &[(&sent, &[answer])]).await;
    }
    // As a ref it is echoed.
    let sent = format!(r#"[null,{arrays},"phoenix","heartbeat",{{}}]"#);
    let answer = format!(r#"[null,{arrays},"phoenix","phx_reply",{{"response":{{}},"status":"ok"}}]"#);
    check(&mut client, &[], &[(&sent, &[&answer])]).await;
}

/// Where the payload is needed, it is refused by its channel, which lives on.
#[tokio::test]
async fn odd_payloads_that_a_channel_needs() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let board = format!("boards:{}", world.make_board(&ada, "Roof").await);
    let mut client = world.connect(&ada).await;
    client.join(&board, serde_json::json!({})).await;
    assert_eq!(client.json().await[3], "presence_state");
    let deep = format!(
        r#"{{"op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11","change":{{"type":"list_burnt","list":{}{}}}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    for (payload, problem) in [
        ("[]", "invalid length 0, expected an object"),
        ("{}", "missing field `op`"),
        (r#"{"op":null}"#, "op: invalid type: null, expected a UUID in its hyphenated form"),
        (r#"{"op":"\u0000"}"#, "op: not an id: expected a UUID such as 0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11"),
        (&deep, "recursion limit exceeded"),
    ] {
        let sent = format!(r#"["1","2","{board}","propose",{payload}]"#);
        client.send(&sent).await;
        let answer = client.event("phx_reply").await;
        let message = answer[4]["response"]["message"].as_str().unwrap();
        assert_eq!((answer[1].as_str(), answer[4]["response"]["reason"].as_str()), (Some("2"), Some("bad_request")));
        assert_eq!(
            message,
            format!("the payload is not what this event takes: {problem}"),
            "{}",
            &payload[..payload.len().min(60)]
        );
    }
    let (change, _) = super::world::list_added("To do");
    assert_eq!(client.propose(&board, change).await, 1);
}
