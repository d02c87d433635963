//! The names of the limits.

/// A limit that somebody can come up against, by its name in [`Limits`](crate::Limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is documented where its value is, in `Limits`")]
pub enum Limit {
    Connections,
    ConnectionsPerAddress,
    Sockets,
    SocketsPerAddress,
    SocketsPerUser,
    ChannelsPerSocket,
    FramesPerSocket,
    ProposalsPerUser,
    ProposalsPerBoard,
    RequestsPerAddress,
    SignUpsPerAddress,
    FailedSignInsPerAddress,
    FailedSignInsPerAccount,
    PasswordHashes,
    BodyBytes,
    FrameBytes,
    SocketQueue,
    SocketQueueBytes,
    QueuedBytes,
    SocketSilence,
    HeaderTime,
    RequestTime,
    BoardsPerUser,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::Connections,
        Self::ConnectionsPerAddress,
        Self::Sockets,
        Self::SocketsPerAddress,
        Self::SocketsPerUser,
        Self::ChannelsPerSocket,
        Self::FramesPerSocket,
        Self::ProposalsPerUser,
        Self::ProposalsPerBoard,
        Self::RequestsPerAddress,
        Self::SignUpsPerAddress,
        Self::FailedSignInsPerAddress,
        Self::FailedSignInsPerAccount,
        Self::PasswordHashes,
        Self::BodyBytes,
        Self::FrameBytes,
        Self::SocketQueue,
        Self::SocketQueueBytes,
        Self::QueuedBytes,
        Self::SocketSilence,
        Self::HeaderTime,
        Self::RequestTime,
        Self::BoardsPerUser,
    ];

    /// Its name: that of the field, of the flag with `-` for `_`, and the one in answers and in `/metrics`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::ConnectionsPerAddress => "connections_per_address",
            Self::Sockets => "sockets",
            Self::SocketsPerAddress => "sockets_per_address",
            Self::SocketsPerUser => "sockets_per_user",
            Self::ChannelsPerSocket => "channels_per_socket",
            Self::FramesPerSocket => "frames_per_socket",
            Self::ProposalsPerUser => "proposals_per_user",
            Self::ProposalsPerBoard => "proposals_per_board",
            Self::RequestsPerAddress => "requests_per_address",
            Self::SignUpsPerAddress => "sign_ups_per_address",
            Self::FailedSignInsPerAddress => "failed_sign_ins_per_address",
            Self::FailedSignInsPerAccount => "failed_sign_ins_per_account",
            Self::PasswordHashes => "password_hashes",
            Self::BodyBytes => "body_bytes",
            Self::FrameBytes => "frame_bytes",
            Self::SocketQueue => "socket_queue",
            Self::SocketQueueBytes => "socket_queue_bytes",
            Self::QueuedBytes => "queued_bytes",
            Self::SocketSilence => "socket_silence",
            Self::HeaderTime => "header_time",
            Self::RequestTime => "request_time",
            Self::BoardsPerUser => "boards_per_user",
        }
    }

    /// Whether it is one for everybody together, rather than for whoever came up against it.
    pub(crate) const fn is_for_all(self) -> bool {
        matches!(self, Self::Connections | Self::Sockets | Self::PasswordHashes | Self::QueuedBytes)
    }

    /// What somebody who came up against it is told.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Connections | Self::Sockets | Self::QueuedBytes => {
                "the server has as many connections as it can bear; try again in a moment"
            }
            Self::ConnectionsPerAddress | Self::SocketsPerAddress => {
                "there are as many connections from your address as there may be; close some, or try again in a moment"
            }
            Self::SocketsPerUser => {
                "you have as many connections as you may have; close some, or try again in a moment"
            }
            Self::PasswordHashes => "the server is busy; try again in a moment",
            Self::SignUpsPerAddress => "too many accounts were made from your address; try again later",
            Self::FailedSignInsPerAddress | Self::FailedSignInsPerAccount => {
                "too many failed attempts; try again later"
            }
            _ => "that was too much, or too often; try again in a moment",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_limits_are_there_once() {
        let names: std::collections::BTreeSet<&str> = Limit::ALL.into_iter().map(Limit::name).collect();
        assert_eq!(names.len(), Limit::ALL.len());
        // The count in the metrics finds each by its number.
        for (index, limit) in Limit::ALL.into_iter().enumerate() {
            assert_eq!(limit as usize, index, "{}", limit.name());
        }
    }
}
