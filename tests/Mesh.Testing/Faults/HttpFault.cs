namespace Mesh.Testing.Faults;

/// <summary>What may happen to an HTTP request.</summary>
public enum HttpFault
{
    /// <summary>503 with the body of S3's SlowDown; the server never sees the request.</summary>
    SlowDown,

    /// <summary>The connection is reset before the server sees the request.</summary>
    Reset,

    /// <summary>The server has done what it was asked and said so; the connection is reset before the client hears of it.</summary>
    AnswerLost,

    /// <summary>The server has done what it was asked and said so; the client is told 500.</summary>
    ErrorAfterSuccess,

    /// <summary>The answer breaks off in the middle of its body.</summary>
    PartialAnswer,

    /// <summary>The answer comes a few bytes at a time.</summary>
    SlowAnswer,
}
