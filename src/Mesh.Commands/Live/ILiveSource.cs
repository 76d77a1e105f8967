namespace Mesh.Commands.Live;

/// <summary>What a running server can tell all the time without effort.</summary>
public interface ILiveSource
{
    /// <summary>Figures of the last hour.</summary>
    LiveHistory History { get; }

    /// <summary>How often a kind has changed; costs nothing. See <see cref="LiveKinds"/>.</summary>
    long VersionOf(string kind);

    /// <summary>Looks once. Asks the database only for what has changed there.</summary>
    /// <exception cref="Model.MeshException">The database does not answer.</exception>
    Task<LiveFacts> ReadAsync(CancellationToken cancellationToken);
}
