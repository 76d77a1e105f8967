using Mesh.Formats;
using Mesh.Model;

namespace Mesh.Commands.Recordings;

/// <summary>
/// Copies messages from recordings into recordings as they are: recover, filter, merge, split and sort, and convert where the output's readers
/// understand the payloads. Where they do not, <see cref="RecordingConversion"/> decodes.
/// </summary>
/// <param name="request">What and where to.</param>
/// <param name="progress">Told how far reading has come.</param>
public sealed class RecordingCopy(CopyRequest request, ReadProgress? progress = null)
{
    private readonly ChannelUnion channels = new();
    private readonly List<InputLoss> losses = [];
    private long messagesRead;

    /// <summary>Runs the copy.</summary>
    /// <exception cref="MeshException">An input cannot be opened or an output not be written. No output is left behind.</exception>
    public async Task<CopyReport> RunAsync(CancellationToken cancellationToken)
    {
        if (request.Split is null) await OutputFile.RequireAbsentAsync(request.Output, request.Overwrite, cancellationToken).ConfigureAwait(false);
        var format = request.Split is null ? OutputFormats.Require(request.Output, request.Format) : request.Format ?? await FormatOfInputAsync(cancellationToken).ConfigureAwait(false);
        var router = new OutputRouter(request, format, channels.Channels);
        await using (router.ConfigureAwait(false))
        {
            // Parts by time need their messages in order.
            var sorter = request.Sort || request.Split?.EveryNs is not null ? new MessageSorter(request.Reader.SpillFolder) : null;
            try
            {
                foreach (string input in request.Inputs) await ReadAsync(input, format, router, sorter, cancellationToken).ConfigureAwait(false);
                if (sorter is not null)
                {
                    await foreach (var (message, payload) in sorter.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        await router.WriteAsync(message.ToRef(), payload, cancellationToken).ConfigureAwait(false);
                    }
                }
            }
            finally
            {
                if (sorter is not null) await sorter.DisposeAsync().ConfigureAwait(false);
            }

            await router.CompleteAsync(cancellationToken).ConfigureAwait(false);
            return new CopyReport(router.Reports, messagesRead, router.Reports.Sum(output => output.Messages), [], losses, [.. router.Notes]);
        }
    }

    private async Task ReadAsync(string input, RecordingFormat output, OutputRouter router, MessageSorter? sorter, CancellationToken cancellationToken)
    {
        // MDF groups that log a bus stay groups in MDF, and become frames elsewhere.
        var options = output == RecordingFormat.Mdf4 && request.Reader.Databases.Count == 0 ? request.Reader with { BusFrames = false } : request.Reader;
        var reader = await RecordingInput.OpenAsync(input, options, progress, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            Func<MessageRef, ReadOnlyMemory<byte>, ValueTask> write = sorter is null
                ? (message, payload) => router.WriteAsync(message, payload, cancellationToken)
                : (message, payload) => sorter.AddAsync(message.ChannelIndex, message, payload, cancellationToken);
            await CopyMessagesAsync(reader, write, cancellationToken).ConfigureAwait(false);

            // Asked for at the end: attachments and metadata of a recording without index are known only then.
            if (await reader.ReadSummaryAsync(cancellationToken).ConfigureAwait(false) is { } summary) await router.WriteExtrasAsync(reader, summary, cancellationToken).ConfigureAwait(false);
            losses.AddRange(reader.Losses.Select(loss => new InputLoss(input, loss)));
        }
    }

    private async Task CopyMessagesAsync(RecordingReader reader, Func<MessageRef, ReadOnlyMemory<byte>, ValueTask> write, CancellationToken cancellationToken)
    {
        var map = new List<int>();
        while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            while (map.Count < reader.Channels.Count) map.Add(channels.Add(reader.Channels[map.Count]));
            messagesRead += block.Messages.Length;
            for (int i = 0; i < block.Messages.Length; i++)
            {
                var message = block.Messages.Span[i];
                await write(message with { ChannelIndex = map[message.ChannelIndex] }, block.Data.Slice(message.Offset, message.Length)).ConfigureAwait(false);
            }
        }
    }

    private async Task<RecordingFormat> FormatOfInputAsync(CancellationToken cancellationToken)
    {
        var reader = await RecordingInput.OpenAsync(request.Inputs[0], request.Reader, null, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            return reader.Format switch
            {
                RecordingFormat.Mdf4 or RecordingFormat.Mdf3 => RecordingFormat.Mdf4,
                RecordingFormat.Ros1Bag => RecordingFormat.Ros1Bag,
                _ => RecordingFormat.Mcap,
            };
        }
    }
}
