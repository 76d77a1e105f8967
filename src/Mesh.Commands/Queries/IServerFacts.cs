namespace Mesh.Commands.Queries;

/// <summary>What only a running server knows; a stopped one answers as well as it can.</summary>
public interface IServerFacts
{
    /// <summary>What runs.</summary>
    Task<StatusView> GetStatusAsync(CancellationToken cancellationToken);

    /// <summary>Dead letters, which live in the event log.</summary>
    Task<IReadOnlyList<DeadLetterView>> ListDeadLettersAsync(CancellationToken cancellationToken);
}
