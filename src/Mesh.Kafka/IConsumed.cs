namespace Mesh.Kafka;

/// <summary>What the consumer's thread has to know of a record, whatever it is read as.</summary>
internal interface IConsumed
{
    /// <summary>Where it is.</summary>
    EventPosition Position { get; }

    /// <summary>Bytes it counts for in the buffer.</summary>
    int Bytes { get; }

    /// <summary>Why it could not be read; null when it could.</summary>
    string? Error { get; }
}
