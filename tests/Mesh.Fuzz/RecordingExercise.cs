using System.Buffers.Binary;
using System.Security.Cryptography;
using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Formats.Ros2Bag;
using Mesh.Model;

namespace Mesh.Fuzz;

/// <summary>
/// Everything a recording goes through: reading, selecting, decoding to columns, summary, attachments, the doctor. Opening may be refused; from
/// then on damage is a loss and nothing throws.
/// </summary>
public static class RecordingExercise
{
    private const string MdfValueMissing = "MESH10215";
    private const string MdfTimesMissing = "MESH10212";
    private const long MaxBytesOfAttachments = 64L << 20;

    /// <summary>Limits small enough that a claim above them shows.</summary>
    public static readonly RecordingReaderOptions Limits = new()
    {
        MaxBlockBytes = 16L << 20, MaxMessageBytes = 16L << 20, MaxBufferedBytes = 16L << 20, MaxDefinitionBytes = 16L << 20,
        MaxUnwrappedBytes = 8L << 20, MinFreeSpillBytes = 64L << 20, MaxLosses = 100, Parallelism = 2,
    };

    /// <summary>Runs it all.</summary>
    /// <returns>Whether the recording was opened.</returns>
    public static async Task<bool> RunAsync(FuzzSample input, Random random, CancellationToken cancellationToken)
    {
        var options = Limits with { BusFrames = random.Next(4) > 0, DeliverUnchecked = input.Superset is null && random.Next(6) == 0 };
        var reading = await ReadAsync(input, options with { Parallelism = 1 }, cancellationToken);
        await ExamineAsync(input, options, cancellationToken);
        if (reading?.Messages is not { } messages) return false;

        // A record whose variable-length value is lost comes without it, and the loss says so.
        if (input.Superset is { } superset && !reading.Losses.Any(loss => loss.Code is MdfValueMissing or MdfTimesMissing))
        {
            foreach (var message in messages)
            {
                if (!superset.Contains(message)) throw new FuzzException($"invented: {message} is not in the recording that was changed only where a checksum covers it");
            }
        }

        await DecodeAsync(input, options, messages.Count, random.Next(3) == 0, cancellationToken);
        if (messages.Count == 0) return true;
        var query = new RecordingQuery
        {
            Topics = random.Next(2) == 0 ? null : [messages[random.Next(messages.Count)].Topic],
            StartTimeNs = random.Next(2) == 0 ? 0 : messages[random.Next(messages.Count)].LogTimeNs,
            EndTimeNs = random.Next(2) == 0 ? ulong.MaxValue : messages[random.Next(messages.Count)].LogTimeNs,
        };
        var selected = await ReadAsync(input, options with { Query = query }, cancellationToken);
        foreach (var message in selected?.Messages ?? [])
        {
            if (!query.Selects(message.Topic) || !query.Selects(message.LogTimeNs)) throw new FuzzException($"not asked for: {message} by {query}");
        }

        await ReadAsync(input, options with { Order = RecordingOrder.LogTime }, cancellationToken);
        return true;
    }

    /// <summary>Opens a file, or the folder it lies in.</summary>
    /// <returns>Null when it is refused.</returns>
    public static async Task<RecordingReader?> OpenAsync(FuzzSample input, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var folder = input.Folder;
            return input.IsFolder
                ? await Ros2BagFolder.OpenAsync(folder, "bag", options, cancellationToken)
                : await RecordingFormats.OpenAsync(new MemoryByteSource(input.Bytes, input.Name), options with { Folder = folder }, cancellationToken);
        }
        catch (MeshException)
        {
            return null;
        }
    }

    /// <summary>Reads all messages, with summary and attachments before or after.</summary>
    /// <returns>Null when the file is refused.</returns>
    public static async Task<RecordingReading?> ReadAsync(FuzzSample input, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        if (await OpenAsync(input, options, cancellationToken) is not { } reader) return null;
        await using var opened = reader;
        bool isFirst = options.Parallelism > 1;
        if (isFirst) await SummariseAsync(reader, cancellationToken);
        List<MessageKey> messages = [];
        while (await reader.ReadBlockAsync(cancellationToken) is { } block)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Collect(block, reader.Channels, messages);
        }

        if (await reader.ReadBlockAsync(cancellationToken) is not null) throw new FuzzException("a block after the end");
        if (!isFirst) await SummariseAsync(reader, cancellationToken);
        Check(reader.Losses);
        return new RecordingReading(messages, [.. reader.Losses]);
    }

    private static async Task SummariseAsync(RecordingReader reader, CancellationToken cancellationToken)
    {
        if (await reader.ReadSummaryAsync(cancellationToken) is not { } summary) return;
        for (int i = 0; i < summary.Channels.Count; i++)
        {
            if (summary.Channels[i].Channel.Index != i) throw new FuzzException($"the summary's channel {i} says that it is {summary.Channels[i].Channel.Index}");
        }

        byte[] piece = new byte[64 << 10];
        long total = 0;
        foreach (var attachment in summary.Attachments)
        {
            try
            {
                await using var stream = await reader.OpenAttachmentAsync(attachment, cancellationToken);
                for (int read; total < MaxBytesOfAttachments && (read = await stream.ReadAsync(piece, cancellationToken)) > 0;) total += read;
            }
            catch (RecordingFormatException exception) when (exception.Code == "MESH10011")
            {
            }
        }
    }

    private static async Task DecodeAsync(FuzzSample input, RecordingReaderOptions options, long messages, bool raw, CancellationToken cancellationToken)
    {
        await using var reader = await OpenAsync(input, options, cancellationToken) ?? throw new FuzzException("refused when opened again");
        var columns = new RecordingColumns(reader, new RecordingColumnsOptions { BatchRows = 1000, Messages = new MessageDecoderOptions { RawValues = raw } });
        long rows = 0;
        await foreach (var batch in columns.ReadAsync(cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows += batch.Fields.Length;
            ColumnCheck.Check(batch.LogTimesNs, batch.Fields.Length);
            ColumnCheck.Check(batch.Fields);
        }

        long undecoded = columns.Undecoded.Sum(entry => entry.Count);
        if (rows + undecoded != columns.Messages) throw new FuzzException($"conservation: {columns.Messages} messages became {rows} rows and {undecoded} undecoded");
        if (columns.Messages != messages) throw new FuzzException($"parallelism: {messages} messages at first, then {columns.Messages}");
    }

    private static async Task ExamineAsync(FuzzSample input, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await RecordingDoctor.ExamineAsync(new MemoryByteSource(input.Bytes, input.Name), options with { Folder = input.Folder }, cancellationToken);
        }
        catch (MeshException)
        {
            // It may refuse what reading refuses.
        }
    }

    private static void Collect(MessageBlock block, IReadOnlyList<RecordingChannel> channels, List<MessageKey> messages)
    {
        var data = block.Data.Span;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (ref readonly var message in block.Messages.Span)
        {
            if ((uint)message.ChannelIndex >= (uint)channels.Count) throw new FuzzException($"channel {message.ChannelIndex} of {channels.Count}");
            if (message.Offset < 0 || message.Length < 0 || message.Offset > data.Length - message.Length)
            {
                throw new FuzzException($"outside its block: {message} of {data.Length} bytes");
            }

            SHA256.HashData(data.Slice(message.Offset, message.Length), hash);
            messages.Add(new MessageKey(channels[message.ChannelIndex].Topic, message.LogTimeNs, BinaryPrimitives.ReadUInt64LittleEndian(hash)));
        }
    }

    private static void Check(IReadOnlyList<DataLoss> losses)
    {
        foreach (var loss in losses)
        {
            if (loss.Offset < 0 || loss.Bytes < 0) throw new FuzzException($"a loss below nothing: {loss}");
        }

        // A reader of several files, or one upon another, keeps a list for each.
        if (losses.Count > 4 * (Limits.MaxLosses + 1)) throw new FuzzException($"{losses.Count} losses, {Limits.MaxLosses} are allowed");
    }
}
