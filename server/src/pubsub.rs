//! Who is told what.

/// Who is told what; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct PubSub;
