using System.Buffers.Binary;
using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Formats.Bus.Frames;
using Mesh.Model;

namespace Mesh.Formats.Bus.Blf;

/// <summary>
/// Reads frames logged in Vector's binary logging format: CAN, CAN FD, LIN, FlexRay and Ethernet frames, markers and comments. Objects of
/// other types are counted in the summary's metadata. Log containers are decompressed ahead on several threads.
/// </summary>
/// <remarks>The format has no time zone: its times are taken as UTC.</remarks>
public sealed class BlfRecordingReader : RecordingReader
{
    private readonly IByteSource source;
    private readonly RecordingReaderOptions options;
    private readonly BlfHeader header;
    private readonly BusChannels channels;
    private readonly FrameBuffer frames;
    private readonly BlfObjects objects;
    private readonly LossList losses;
    private readonly BlfContainerReader containers;
    private readonly BlockPipeline<BlfContainer> pipeline;

    // The object stream: containers cut it anywhere.
    private byte[] stream = new byte[256 << 10];
    private int streamLength;
    private long streamOffset;
    private bool isBroken;
    private bool ended;

    private BlfRecordingReader(IByteSource source, RecordingReaderOptions options, BlfHeader header)
    {
        this.source = source;
        this.options = options;
        this.header = header;
        channels = new BusChannels(options.Query);
        frames = new FrameBuffer(channels, options.Query);
        objects = new BlfObjects(frames) { StartNs = (ulong)(header.StartNs ?? 0) };
        losses = new LossList(options.MaxLosses);
        containers = new BlfContainerReader(source, header.HeaderBytes, options);
        pipeline = new BlockPipeline<BlfContainer>(
            containers.ReadAsync, container => container.Decompress(options), container => container.Cost, container => container.Release(),
            options.Parallelism, options.MaxBufferedBytes);
    }

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10527</c>: the file statistics at its head cannot be read.</exception>
    public static async ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        try
        {
            byte[] head = new byte[BlfHeader.SmallestBytes];
            int filled = await source.ReadAtAsync(0, head, cancellationToken).ConfigureAwait(false);
            var header = BlfHeader.TryRead(head.AsSpan(0, filled))
                ?? throw new RecordingFormatException("MESH10527", $"'{source.Name}' has no usable BLF header (LOGG and at least {BlfHeader.SmallestBytes} bytes). Upload it again.");
            return new BlfRecordingReader(source, options, header);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Blf;

    /// <inheritdoc/>
    public override IReadOnlyList<RecordingChannel> Channels => channels.List;

    /// <inheritdoc/>
    public override IReadOnlyList<DataLoss> Losses => losses.Entries;

    /// <inheritdoc/>
    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        frames.Clear();
        while (!ended)
        {
            var container = await pipeline.NextAsync(cancellationToken).ConfigureAwait(false);
            if (container is null)
            {
                End();
                break;
            }

            Take(container);
            container.Release();
            if (frames.Count > 0) return frames.ToBlock();
        }

        return null;
    }

    /// <inheritdoc/>
    public override ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken)
    {
        var metadata = new List<RecordingMetadata>
        {
            new("blf", new Dictionary<string, string> { ["application"] = header.Application, ["version"] = header.Version, ["objects"] = header.Objects.ToString(CultureInfo.InvariantCulture) }),
        };
        if (objects.Skipped.Count > 0)
        {
            metadata.Add(new RecordingMetadata("blf objects that are no frames", objects.Skipped.ToDictionary(
                pair => string.Create(CultureInfo.InvariantCulture, $"type {pair.Key}"), pair => pair.Value.ToString(CultureInfo.InvariantCulture))));
        }

        return new(new RecordingSummary
        {
            Version = header.Version,
            StartTimeNs = objects.Times?.First ?? (ulong?)header.StartNs,
            EndTimeNs = objects.Times?.Last ?? (ulong?)header.StopNs,
            Channels = [.. channels.List.Select(channel => new ChannelSummary(channel, null))],
            Metadata = metadata,
        });
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        ended = true;
        await pipeline.DisposeAsync().ConfigureAwait(false);
        containers.Dispose();
        await source.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private void Take(BlfContainer container)
    {
        foreach (var loss in container.LossesBefore) losses.Add(loss.Code, loss.Offset, loss.Bytes, loss.Expected, loss.Found);
        bool isCut = container.LossesBefore.Count > 0 && !container.IsTruncated;
        if (isCut) DropCarry();
        if (container.IsTooLarge)
        {
            losses.Add(BusLosses.TooLarge, container.FileOffset, container.InputLength,
                string.Create(CultureInfo.InvariantCulture, $"a log container of at most {options.MaxBlockBytes:N0} bytes"),
                string.Create(CultureInfo.InvariantCulture, $"one of {container.ClaimedBytes:N0}"));
        }
        else if (container.Problem is not null && !container.IsTruncated)
        {
            losses.Add(BusLosses.DamagedContainer, container.FileOffset, container.InputLength, "a sound log container", container.Problem);
        }

        var output = container.Output;
        if (streamLength == 0) streamOffset = container.FileOffset;
        if (stream.Length - streamLength < output.Length) Array.Resize(ref stream, Math.Max(stream.Length * 2, streamLength + output.Length));
        output.CopyTo(stream.AsSpan(streamLength));
        streamLength += output.Length;
        Parse(container.FileOffset);
        if (container.Problem is not null || container.IsTooLarge) DropCarry();
    }

    /// <summary>Forgets an object whose rest is lost; the next one must be looked for.</summary>
    private void DropCarry()
    {
        streamLength = 0;
        isBroken = true;
    }

    private void Parse(long containerOffset)
    {
        int position = 0;
        while (streamLength - position >= BlfContainerReader.BaseHeaderBytes)
        {
            var rest = stream.AsSpan(position, streamLength - position);
            long offset = position == 0 ? streamOffset : containerOffset;
            if (!BlfContainerReader.IsObject(rest))
            {
                int next = FindObject(rest);
                bool isPadding = next is > 0 and < 8 || next < 0 && rest.Length < BlfContainerReader.BaseHeaderBytes + 8;
                if (next < 0 && isPadding) break;
                int pass = next < 0 ? rest.Length - BlfContainerReader.BaseHeaderBytes + 1 : next;
                // After a break the object stream begins in the middle of an object, whose loss has been reported.
                if (!isPadding && !isBroken && rest[..pass].IndexOfAnyExcept((byte)0) >= 0)
                {
                    losses.Add(BusLosses.NotAnObject, offset, pass, "an object (LOBJ) in the container", "other bytes");
                    isBroken = true;
                }

                position += pass;
                continue;
            }

            uint size = BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(rest[12..]);
            if (size > Math.Min(options.MaxBlockBytes, BlfObjects.LimitOf(type)))
            {
                losses.Add(BusLosses.TooLarge, offset, BlfContainerReader.BaseHeaderBytes, string.Create(CultureInfo.InvariantCulture, $"a plausible size of an object of type {type}"),
                    string.Create(CultureInfo.InvariantCulture, $"{size:N0} bytes"));
                isBroken = true;
                position += 4;
                continue;
            }

            if (size > rest.Length) break;
            isBroken = false;
            if (!objects.Take(rest[..(int)size], offset))
            {
                losses.Add(BusLosses.MalformedObject, offset, size, string.Create(CultureInfo.InvariantCulture, $"an object of type {type} with all its fields"), "a shorter one");
            }

            position += (int)size;
        }

        // What is left is the beginning of an object that the next container continues.
        stream.AsSpan(position, streamLength - position).CopyTo(stream);
        streamLength -= position;
        if (position > 0 || streamLength == 0) streamOffset = containerOffset;
    }

    private static int FindObject(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (true)
        {
            int next = bytes[at..].IndexOf("LOBJ"u8);
            if (next < 0) return -1;
            at += next;

            // A mark at the very end may still become an object.
            if (bytes.Length - at < BlfContainerReader.BaseHeaderBytes || BlfContainerReader.IsObject(bytes[at..])) return at;
            at++;
        }
    }

    private void End()
    {
        ended = true;
        if (streamLength >= 8 && !isBroken && stream.AsSpan(0, streamLength).IndexOfAnyExcept((byte)0) >= 0)
        {
            losses.Add(BusLosses.Truncated, streamOffset, streamLength, "the rest of an object", "no further container");
        }

        foreach (var loss in containers.Pending) losses.Add(loss.Code, loss.Offset, loss.Bytes, loss.Expected, loss.Found);

        // Before it is closed, a logger's file says nothing of its size.
        if (!containers.EndedEarly && header.FileBytes > source.Length)
        {
            losses.Add(BusLosses.Truncated, source.Length, header.FileBytes - source.Length,
                string.Create(CultureInfo.InvariantCulture, $"a file of {header.FileBytes:N0} bytes, as its header says"),
                string.Create(CultureInfo.InvariantCulture, $"its end after {source.Length:N0}"));
        }
    }
}
