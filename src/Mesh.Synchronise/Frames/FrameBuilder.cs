using System.Collections.ObjectModel;
using System.Text;
using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>
/// Builds the rows of the frames table. Frames are gathered into chunks and written column by column, so that what is looked up per column
/// and per block is not looked up per value.
/// </summary>
internal sealed class FrameBuilder
{
    /// <summary>Most frames of a chunk.</summary>
    public const int ChunkFrames = 256;

    // A chunk refers to samples, and so keeps the blocks read from disk in memory that they are in.
    private const int MaxSpilledBlocks = 16;
    private const string ReferenceColumn = "reference";
    private const int NanosecondsPerMicrosecond = 1000;

    private static readonly Field[] FrameFields =
    [
        new("recording_id", DataType.Utf8, Nullable: false) { Doc = "Ingest id of the recording." },
        new("vehicle_id", DataType.Utf8, Nullable: false) { Doc = "Pseudonym of the vehicle." },
        new("channel", DataType.Utf8, Nullable: false) { Doc = "Reference channel; the group's name where sets or a fixed rate make the frames." },
        new("sequence", DataType.Int64, Nullable: false) { Doc = "The reference message's sequence within recording and channel, or the frame's number in the recording." },
        new("log_time", DataType.TimestampMicros, Nullable: false) { Doc = "The reference message's log time; without one the latest of the samples in the frame." },
        new("time_ns", DataType.Int64, Nullable: false) { Doc = "The frame's sensor time, nanoseconds: the reference's, the grid's, or the latest stamp of the set." },
    ];

    private static readonly Field SpreadField = new("spread_ns", DataType.Int64, Nullable: false) { Doc = "From the earliest stamp of the set to the latest, nanoseconds." };

    private readonly TextSet recordingId;
    private readonly TextSet vehicleId;
    private readonly TextSet channel;
    private readonly int[] zeros = new int[ChunkFrames];
    private readonly FrameInstant[] instants = new FrameInstant[ChunkFrames];
    private readonly Match[] references = new Match[ChunkFrames];
    private readonly StructBuilder frame;
    private readonly FixedWidthBuilder<long>? spreads;
    private readonly StructBuilder? reference;
    private readonly ColumnWriter[] referenceWriters = [];
    private readonly IReadOnlyList<FrameInput> inputs;
    private readonly RowBlock?[] lastBlocks;
    private int pending;
    private int spilledBlocks;

    /// <param name="recordingId">Ingest id of the recording.</param>
    /// <param name="vehicleId">Pseudonym of the vehicle.</param>
    /// <param name="channel">What the frames' channel is called.</param>
    /// <param name="hasSpread">Whether frames are sets.</param>
    /// <param name="referenceRows">Schemas of the reference's samples; null when there is none.</param>
    /// <param name="inputs">The inputs' columns.</param>
    public FrameBuilder(string recordingId, string vehicleId, string channel, bool hasSpread, ChannelSchemas? referenceRows, IReadOnlyList<FrameInput> inputs)
    {
        this.recordingId = Text(recordingId);
        this.vehicleId = Text(vehicleId);
        this.channel = Text(channel);
        this.inputs = inputs;
        lastBlocks = new RowBlock?[(inputs.Count + 1) * 2];
        List<Field> fields = [.. FrameFields];
        if (hasSpread) fields.Add(SpreadField);
        int next = fields.Count;

        // A struct without fields has no place in Parquet: a reference of nothing but binary has no column.
        var referenceType = referenceRows?.Fields();
        bool hasReference = referenceType is { Fields.Count: > 0 };
        if (hasReference) fields.Add(new Field(ReferenceColumn, referenceType!) { Doc = $"Values of {channel}." });
        foreach (var input in inputs)
        {
            string name = input.Name;
            while (fields.Exists(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) name += "_";
            fields.Add(new Field(name, input.Type) { Doc = $"Values of {input.Channel}." });
        }

        frame = new StructBuilder(new StructType(fields));
        if (hasSpread) spreads = (FixedWidthBuilder<long>)frame.Children[FrameFields.Length];
        if (hasReference)
        {
            reference = (StructBuilder)frame.Children[next++];
            referenceWriters = ColumnWriter.CreateAll(
                reference.ChildSpan, referenceType!, referenceRows!.ColumnsOf(referenceType!), interpolates: false, ReadOnlyDictionary<string, FieldRule>.Empty);
        }

        foreach (var input in inputs) input.Bind((StructBuilder)frame.Children[next++]);
    }

    /// <summary>Frames since the last <see cref="Build"/>.</summary>
    public int Rows => frame.Length + pending;

    public long EstimatedBytes => frame.EstimatedBytes;

    /// <summary>Frames of the chunk so far: where the next frame's match of each input belongs.</summary>
    public int Pending => pending;

    /// <summary>Whether the last frame completed a chunk, so that sizes are up to date.</summary>
    public bool IsFlushed => pending == 0;

    /// <summary>Ends a frame, whose matches have been given to the inputs.</summary>
    public void Add(in FrameInstant instant)
    {
        instants[pending] = instant;
        references[pending].From = instant.Reference;
        Note(0, instant.Reference.Block);
        for (int i = 0; i < inputs.Count; i++)
        {
            ref readonly var match = ref inputs[i].Matches[pending];
            Note(2 * i + 2, match.From.Block);
            Note(2 * i + 3, match.To.Block);
        }

        pending++;
        if (pending == ChunkFrames || spilledBlocks > MaxSpilledBlocks + lastBlocks.Length) Flush();
    }

    /// <summary>Makes a batch of the frames so far.</summary>
    public RecordBatch Build()
    {
        Flush();
        return frame.BuildBatch();
    }

    private void Flush()
    {
        if (pending == 0) return;
        var count = pending;
        var children = frame.ChildSpan;
        ((BinaryBuilder)children[0]).AppendChosen(recordingId, zeros.AsSpan(0, count));
        ((BinaryBuilder)children[1]).AppendChosen(vehicleId, zeros.AsSpan(0, count));
        ((BinaryBuilder)children[2]).AppendChosen(channel, zeros.AsSpan(0, count));
        var sequences = (FixedWidthBuilder<long>)children[3];
        var logTimes = (FixedWidthBuilder<long>)children[4];
        var times = (FixedWidthBuilder<long>)children[5];
        for (int i = 0; i < count; i++)
        {
            ref readonly var instant = ref instants[i];
            sequences.Append(instant.Sequence);
            times.Append(instant.TimeNs);
            logTimes.Append(instant.Reference.IsPresent ? instant.Reference.LogTime : LatestLogTime(i, instant.TimeNs));
            spreads?.Append(instant.SpreadNs);
        }

        if (reference is not null)
        {
            foreach (var writer in referenceWriters) writer.Write(references.AsSpan(0, count), default);
            reference.EndStructs(count);
        }

        foreach (var input in inputs) input.Write(count);
        frame.EndStructs(count);
        instants.AsSpan(0, count).Clear();
        references.AsSpan(0, count).Clear();
        Array.Clear(lastBlocks);
        spilledBlocks = 0;
        pending = 0;
    }

    private long LatestLogTime(int index, long timeNs)
    {
        long latest = long.MinValue;
        foreach (var input in inputs)
        {
            ref readonly var match = ref input.Matches[index];
            if (match.From.IsPresent) latest = Math.Max(latest, match.From.LogTime);
            if (match.To.IsPresent) latest = Math.Max(latest, match.To.LogTime);
        }

        return latest != long.MinValue ? latest : (long)Math.Floor((decimal)timeNs / NanosecondsPerMicrosecond);
    }

    private void Note(int place, RowBlock? block)
    {
        if (block is null || ReferenceEquals(block, lastBlocks[place])) return;
        lastBlocks[place] = block;
        if (block.IsSpilled) spilledBlocks++;
    }

    private static TextSet Text(string text) => new([Encoding.UTF8.GetBytes(text)]);
}
