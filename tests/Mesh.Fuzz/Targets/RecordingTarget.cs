namespace Mesh.Fuzz.Targets;

/// <summary>A format of recordings. Where only bytes under a checksum are changed, nothing may be delivered that was not recorded.</summary>
public abstract class RecordingTarget : FuzzTarget
{
    private List<(FuzzSample Sample, List<(int Start, int Length)> Protected)>? checkedSamples;

    /// <inheritdoc/>
    public override async ValueTask<FuzzSample> MutateAsync(IReadOnlyList<FuzzSample> samples, Random random, CancellationToken cancellationToken)
    {
        checkedSamples ??= await FindCheckedAsync(samples, cancellationToken);
        if (checkedSamples.Count == 0 || random.Next(4) > 0) return await base.MutateAsync(samples, random, cancellationToken);
        var (sample, places) = checkedSamples[random.Next(checkedSamples.Count)];
        byte[] bytes = [.. sample.Bytes];
        for (int flips = random.Next(1, 4); flips > 0; flips--)
        {
            var (start, length) = places[random.Next(places.Count)];
            bytes[start + random.Next(length)] ^= (byte)(1 << random.Next(8));
        }

        return sample with { Bytes = bytes };
    }

    /// <inheritdoc/>
    public override Task<bool> RunAsync(FuzzSample input, Random random, CancellationToken cancellationToken) => RecordingExercise.RunAsync(input, random, cancellationToken);

    /// <summary>Where the format's checksums notice every change.</summary>
    protected virtual List<(int Start, int Length)> FindProtected(byte[] file) => [];

    private async Task<List<(FuzzSample Sample, List<(int Start, int Length)> Protected)>> FindCheckedAsync(IReadOnlyList<FuzzSample> samples, CancellationToken cancellationToken)
    {
        List<(FuzzSample Sample, List<(int Start, int Length)> Protected)> found = [];
        foreach (var sample in samples)
        {
            var places = FindProtected(sample.Bytes);
            if (places.Count == 0) continue;
            HashSet<MessageKey> messages = [];
            foreach (bool frames in (bool[])[false, true])
            {
                var reading = await RecordingExercise.ReadAsync(sample, RecordingExercise.Limits with { BusFrames = frames }, cancellationToken);
                messages.UnionWith(reading?.Messages ?? []);
            }

            if (messages.Count > 0) found.Add((sample with { Superset = messages }, places));
        }

        return found;
    }
}
