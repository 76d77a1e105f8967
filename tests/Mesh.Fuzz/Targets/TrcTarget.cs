namespace Mesh.Fuzz.Targets;

/// <summary>PEAK TRC.</summary>
public sealed class TrcTarget : RecordingTarget
{
    /// <inheritdoc/>
    public override string Name => "trc";

    /// <inheritdoc/>
    public override Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FuzzSample>>([.. Corpus.Find(".trc"), GeneratedSamples.Trc()]);
}
