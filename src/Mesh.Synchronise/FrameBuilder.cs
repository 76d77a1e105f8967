using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>Builds the rows of the frames table.</summary>
internal sealed class FrameBuilder
{
    private const string ReferenceColumn = "reference";

    private static readonly Field[] FrameFields =
    [
        new("recording_id", DataType.Utf8, Nullable: false) { Doc = "Ingest id of the recording." },
        new("vehicle_id", DataType.Utf8, Nullable: false) { Doc = "Pseudonym of the vehicle." },
        new("channel", DataType.Utf8, Nullable: false) { Doc = "Reference channel." },
        new("sequence", DataType.Int64, Nullable: false) { Doc = "The reference message's sequence within recording and channel." },
        new("log_time", DataType.TimestampMicros, Nullable: false) { Doc = "The reference message's log time." },
        new("time_ns", DataType.Int64, Nullable: false) { Doc = "The reference's sensor time, nanoseconds." },
    ];

    private static readonly Field[] MatchFields =
    [
        new("sequence", DataType.Int64) { Doc = "The sample's sequence; the nearer one's where interpolated." },
        new("time_ns", DataType.Int64) { Doc = "Sensor time of the value, nanoseconds." },
        new("match_error_ns", DataType.Int64) { Doc = "Time between the frame and the nearest real sample, nanoseconds." },
        new("policy", DataType.Utf8) { Doc = "nearest, previous or linear." },
        new("interpolated", DataType.Boolean) { Doc = "Whether the value lies between two samples." },
        new("missing_reason", DataType.Utf8) { Doc = "Why there is no value; null when there is one." },
    ];

    private readonly string recordingId;
    private readonly string vehicleId;
    private readonly string referenceChannel;
    private readonly StructBuilder frame;
    private readonly StructBuilder? reference;
    private readonly int[][] referenceColumns;
    private readonly List<InputColumn> inputs = [];

    public FrameBuilder(SynchroniseOptions options, string recordingId, string vehicleId, ChannelRows referenceRows, IEnumerable<(SynchroniseInput Input, ChannelRows Rows)> inputs)
    {
        this.recordingId = recordingId;
        this.vehicleId = vehicleId;
        referenceChannel = options.ReferenceChannel;
        List<Field> fields = [.. FrameFields];
        var referenceType = referenceRows.Fields();
        referenceColumns = referenceRows.ColumnsOf(referenceType);

        // A struct without fields has no place in Parquet: a reference of nothing but binary has no column.
        bool hasReference = referenceType.Fields.Count > 0;
        if (hasReference) fields.Add(new Field(ReferenceColumn, referenceType) { Doc = $"Values of {options.ReferenceChannel}." });
        foreach (var (input, rows) in inputs)
        {
            var values = rows.Fields();
            var own = values.Fields.Select(field => Clashes(MatchFields, field.Name) ? field with { Name = field.Name + "_" } : field);
            string name = input.Name;
            while (Clashes(fields, name)) name += "_";
            fields.Add(new Field(name, new StructType([.. MatchFields, .. own])) { Doc = $"Values of {input.Channel}." });
            this.inputs.Add(new InputColumn(input.Policy.ToString().ToLowerInvariant(), rows.ColumnsOf(values)));
        }

        frame = new StructBuilder(new StructType(fields));
        if (hasReference) reference = (StructBuilder)frame.Children[FrameFields.Length];
        for (int i = 0; i < this.inputs.Count; i++) this.inputs[i].Builder = (StructBuilder)frame.Children[FrameFields.Length + (hasReference ? 1 : 0) + i];
    }

    public int Rows => frame.Length;

    public long EstimatedBytes => frame.EstimatedBytes;

    /// <summary>Begins a frame; each input is to follow, then <see cref="End"/>.</summary>
    public void Begin(in RowRef sample)
    {
        ((BinaryBuilder)frame.Children[0]).Append(recordingId);
        ((BinaryBuilder)frame.Children[1]).Append(vehicleId);
        ((BinaryBuilder)frame.Children[2]).Append(referenceChannel);
        ((FixedWidthBuilder<long>)frame.Children[3]).Append(sample.Sequence);
        ((FixedWidthBuilder<long>)frame.Children[4]).Append(sample.LogTime);
        ((FixedWidthBuilder<long>)frame.Children[5]).Append(sample.Time);
        if (reference is null) return;
        for (int i = 0; i < reference.Children.Count; i++) AppendCopy(reference.Children[i], Column(sample, referenceColumns, i), sample.Row);
        reference.EndStruct();
    }

    public void Append(int inputIndex, in Match match)
    {
        var input = inputs[inputIndex];
        var children = input.Builder.Children;
        var sequence = (FixedWidthBuilder<long>)children[0];
        var time = (FixedWidthBuilder<long>)children[1];
        var error = (FixedWidthBuilder<long>)children[2];
        var reason = (BinaryBuilder)children[5];
        ((BinaryBuilder)children[3]).Append(input.Policy);
        ((BooleanBuilder)children[4]).Append(match.IsInterpolated);
        if (match.MissingReason is not null)
        {
            sequence.AppendNull();
            time.AppendNull();
            error.AppendNull();
            reason.Append(match.MissingReason);
        }
        else
        {
            sequence.Append(match.Nearest.Sequence);
            time.Append(match.TimeNs);
            error.Append(match.ErrorNs);
            reason.AppendNull();
        }

        for (int i = 0; i < children.Count - MatchFields.Length; i++)
        {
            var builder = children[MatchFields.Length + i];
            if (match.MissingReason is not null) builder.AppendNull();
            else if (match.IsInterpolated)
            {
                RowAppender.AppendBetween(
                    builder, Column(match.From, input.Columns, i), match.From.Row, Column(match.To, input.Columns, i), match.To.Row, match.U);
            }
            else AppendCopy(builder, Column(match.From, input.Columns, i), match.From.Row);
        }

        input.Builder.EndStruct();
    }

    public void End() => frame.EndStruct();

    public RecordBatch Build() => frame.BuildBatch();

    private static ColumnVector? Column(in RowRef sample, int[][] columns, int field)
    {
        int index = columns[sample.Block.SchemaIndex][field];
        return index < 0 ? null : sample.Block.Columns[index];
    }

    private static void AppendCopy(ColumnBuilder builder, ColumnVector? column, int row)
    {
        if (column is null) builder.AppendNull();
        else RowAppender.Append(builder, column, row);
    }

    private static bool Clashes(IEnumerable<Field> fields, string name) => fields.Any(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private sealed class InputColumn(string policy, int[][] columns)
    {
        public string Policy { get; } = policy;

        public int[][] Columns { get; } = columns;

        public StructBuilder Builder { get; set; } = null!;
    }
}
