namespace Mesh.Faults.Tests.Broker;

/// <summary>How a transaction ended, as far as its client can know.</summary>
internal enum TransactionOutcome
{
    /// <summary>The commit was acknowledged.</summary>
    Committed,

    /// <summary>The abort was acknowledged, or nobody ever asked for a commit.</summary>
    Aborted,

    /// <summary>A commit was asked for and no answer came.</summary>
    Unknown,
}
