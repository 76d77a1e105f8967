namespace Mesh.Fuzz.Targets;

/// <summary>ROS 2 bags: the database, its write-ahead log and <c>metadata.yaml</c>, as file and as folder.</summary>
public sealed class Ros2BagTarget : RecordingTarget
{
    /// <inheritdoc/>
    public override string Name => "ros2bag";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
        [.. Corpus.Find(".db3"), .. Corpus.Find(".db3.zstd"), await GeneratedSamples.Ros2BagAsync()];

    /// <inheritdoc/>
    public override ValueTask<FuzzSample> MutateAsync(IReadOnlyList<FuzzSample> samples, Random random, CancellationToken cancellationToken)
    {
        var sample = Mutator.Pick(samples, random);
        var others = sample.Beside.Where(entry => !entry.Key.EndsWith(".yaml", StringComparison.Ordinal) || random.Next(2) == 0).ToArray();
        if (others.Length > 0 && random.Next(2) == 0)
        {
            var (name, bytes) = others[random.Next(others.Length)];
            sample = sample with { Beside = sample.Beside.SetItem(name, Mutator.Mutate(bytes, Mutator.Pick(samples, random).Bytes, random)) };
        }

        if (others.Length == 0 || random.Next(2) == 0) sample = sample with { Bytes = Mutator.Mutate(sample.Bytes, Mutator.Pick(samples, random).Bytes, random) };
        return new(sample with { IsFolder = random.Next(3) == 0 });
    }
}
