namespace Mesh.Fuzz.Targets;

/// <summary>Vector BLF, with and without containers.</summary>
public sealed class BlfTarget : RecordingTarget
{
    /// <inheritdoc/>
    public override string Name => "blf";

    /// <inheritdoc/>
    public override Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FuzzSample>>([.. Corpus.Find(".blf"), GeneratedSamples.Blf(0, false), GeneratedSamples.Blf(500, false), GeneratedSamples.Blf(1500, true)]);
}
