namespace Mesh.Commands.Queries;

/// <summary>What only a running server knows; a stopped one answers as well as it can.</summary>
public interface IServerFacts
{
    /// <summary>What runs.</summary>
    Task<StatusView> GetStatusAsync(CancellationToken cancellationToken);

    /// <summary>Waits a moment until the dead letters that have just been written are in the index.</summary>
    Task CatchUpWithLettersAsync(CancellationToken cancellationToken);
}
