using Mesh.Formats;

namespace Mesh.Commands.Recordings;

/// <summary>When recordings begin.</summary>
public static class RecordingTimes
{
    /// <summary>The earliest log time of all inputs, nanoseconds; from their indexes where they have them, else by reading them. 0 without messages.</summary>
    public static async Task<ulong> StartOfAsync(IReadOnlyList<string> inputs, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        ulong start = ulong.MaxValue;
        foreach (string input in inputs)
        {
            var reader = await RecordingInput.OpenAsync(input, options, null, cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (await reader.ReadSummaryAsync(cancellationToken).ConfigureAwait(false) is { StartTimeNs: { } known })
                {
                    start = Math.Min(start, known);
                    continue;
                }

                while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
                {
                    foreach (ref readonly var message in block.Messages.Span) start = Math.Min(start, message.LogTimeNs);
                }
            }
        }

        return start == ulong.MaxValue ? 0 : start;
    }
}
