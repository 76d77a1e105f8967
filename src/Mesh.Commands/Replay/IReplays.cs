namespace Mesh.Commands.Replay;

/// <summary>What is done about dead letters, replays and versions of products: by a server, over HTTP or in its own process. Questions are <see cref="Queries.IMeshQueries"/>'.</summary>
public interface IReplays : IAsyncDisposable
{
    /// <summary>Asks for dead letters to be replayed; returns once that is recorded.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2352</c> a recording is gone, <c>MESH2353</c> a letter is of no recording, <c>MESH2354</c> nothing can be replayed, <c>MESH2361</c> no such topology.</exception>
    Task<ReplayEntry> ReplayLettersAsync(LetterReplayRequest request, CancellationToken cancellationToken);

    /// <summary>What asking for dead letters to be replayed would take, and which of them cannot be and why. Changes nothing.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2354</c>: no open letter matches; <c>MESH2361</c>: no such topology.</exception>
    Task<LetterReplayPlan> PlanLettersAsync(LetterReplayRequest request, CancellationToken cancellationToken);

    /// <summary>Gives dead letters up.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2354</c>: none of them is open; <c>MESH2366</c>: no reason is given.</exception>
    Task<LetterDropReport> DropLettersAsync(LetterDropRequest request, CancellationToken cancellationToken);

    /// <summary>Asks for recordings to be replayed through a topology version, or plans it.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2361</c>: no such topology; <c>MESH2366</c>: a number makes no sense.</exception>
    Task<RecordingReplayReport> StartAsync(RecordingReplayRequest request, CancellationToken cancellationToken);

    /// <summary>Pauses, resumes or stops a replay.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2367</c>: there is none, or it has ended.</exception>
    Task<ReplayEntry> ChangeAsync(string id, ReplayState to, CancellationToken cancellationToken);

    /// <summary>Lets a product's name mean another version of it.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2371</c>: the product has no such version.</exception>
    Task<ProductVersionsView> SwitchAsync(string product, ProductSwitchRequest request, CancellationToken cancellationToken);
}
