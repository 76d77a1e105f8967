namespace Mesh.Fuzz.Targets;

/// <summary>MDF 2 and 3, both byte orders.</summary>
public sealed class Mdf3Target : RecordingTarget
{
    /// <inheritdoc/>
    public override string Name => "mdf3";

    /// <inheritdoc/>
    public override Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FuzzSample>>([.. Corpus.Find(".mdf"), GeneratedSamples.Mdf3(330, false), GeneratedSamples.Mdf3(330, true), GeneratedSamples.Mdf3(214, false)]);
}
