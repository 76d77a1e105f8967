namespace Mesh.Faults.Tests.Broker;

/// <summary>What a client does, on which depends what it is promised.</summary>
internal enum ClientRole
{
    /// <summary>Sends with acks=all; its retries may duplicate.</summary>
    PlainProducer,

    /// <summary>Sends as an idempotent producer.</summary>
    IdempotentProducer,

    /// <summary>Writes transactions.</summary>
    TransactionalProducer,

    /// <summary>Reads in a group and writes in transactions together with its position.</summary>
    Copier,

    /// <summary>Reads what is committed, from the beginning.</summary>
    CommittedReader,

    /// <summary>Reads everything, from the beginning.</summary>
    UncommittedReader,

    /// <summary>Reads what is committed, in a group, and commits its position.</summary>
    GroupReader,

    /// <summary>Asks for the ends of the log and the groups' offsets.</summary>
    Watcher,
}
