namespace Mesh.Testing.Faults;

/// <summary>What may happen to a request of Kafka's protocol.</summary>
public enum KafkaFault
{
    /// <summary>The connection is cut before the broker sees the request.</summary>
    Disconnect,

    /// <summary>The broker has done what it was asked; the connection is cut before the client hears of it.</summary>
    AnswerLost,

    /// <summary>The broker has done what it was asked; the client is told an error.</summary>
    Error,
}
