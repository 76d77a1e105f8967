namespace Mesh.Broker.Transactions;

/// <summary>Where a transactional id is (KIP-98); the numbers are Kafka's and on the disk.</summary>
internal enum TransactionState : byte
{
    /// <summary>The producer is known, nothing was begun.</summary>
    Empty = 0,

    /// <summary>Partitions or offsets belong to the transaction.</summary>
    Ongoing = 1,

    /// <summary>Decided to be committed; markers are being written.</summary>
    PrepareCommit = 2,

    /// <summary>Decided to be aborted; markers are being written.</summary>
    PrepareAbort = 3,

    /// <summary>All markers of the commit are written.</summary>
    CompleteCommit = 4,

    /// <summary>All markers of the abort are written.</summary>
    CompleteAbort = 5,

    /// <summary>The id was forgotten.</summary>
    Dead = 6,
}
