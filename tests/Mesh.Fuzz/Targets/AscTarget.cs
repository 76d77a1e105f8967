namespace Mesh.Fuzz.Targets;

/// <summary>Vector ASC.</summary>
public sealed class AscTarget : RecordingTarget
{
    /// <inheritdoc/>
    public override string Name => "asc";

    /// <inheritdoc/>
    public override Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FuzzSample>>([.. Corpus.Find(".asc"), GeneratedSamples.Asc()]);
}
