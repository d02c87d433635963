//! `users:<user id>`: what is news to one person. The server tells, the client only listens.

use roost_board::{Seq, UserId};
use roost_protocol::{Message, Payload, Status, Topic};

use super::joined::{Room, Step};
use super::{Admission, Answer, Caller, Work, refusal, unauthorized};

/// Lets somebody in on their own news.
pub(super) fn join(caller: &Caller, id: UserId) -> Result<Admission, Payload> {
    if id != caller.user.id {
        return Err(unauthorized());
    }
    let subscription = caller.pubsub.subscribe(Topic::Users(id), id, &caller.mailbox);
    Ok(Admission { response: Payload::empty(), seq: Seq::ZERO, room: Room::User, subscription })
}

/// Answers a push.
pub(super) fn handle(message: Message) -> Work<Step> {
    #[cfg(test)]
    match message.event.as_str() {
        "panic" => panic!("planted"),
        "panic_later" => {
            return Box::pin(async {
                tokio::task::yield_now().await;
                panic!("planted")
            });
        }
        _ => {}
    }
    let response = refusal("unknown_event", "this topic takes no events; it only tells of what is new");
    let answer = Answer { ref_: message.ref_, status: Status::Error, response };
    Box::pin(std::future::ready(Step::Answered(answer)))
}
