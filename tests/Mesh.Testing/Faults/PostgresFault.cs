namespace Mesh.Testing.Faults;

/// <summary>What may happen to a transaction that has written something.</summary>
public enum PostgresFault
{
    /// <summary>The server has committed and said so; the connection is cut before the client hears of it.</summary>
    CommitAnswerLost,

    /// <summary>The connection is cut before the server hears of the commit, so that it rolls back; the client cannot tell.</summary>
    CommitNotSent,
}
