using System.Text;
using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>The column of one input: a struct of how it was matched and of the message's own fields. Written for many frames at a time.</summary>
internal sealed class FrameInput
{
    private const string AmbiguousName = "ambiguous";

    private static readonly Field[] MatchFields =
    [
        new("sequence", DataType.Int64) { Doc = "The sample's sequence; the nearer one's where interpolated." },
        new("time_ns", DataType.Int64) { Doc = "Sensor time of the value, nanoseconds, latency added." },
        new("match_error_ns", DataType.Int64) { Doc = "Time between the frame and the nearest real sample, nanoseconds." },
        new("policy", DataType.Utf8) { Doc = "How the value was made: nearest, previous, next, linear; or the policy that made the set." },
        new("interpolated", DataType.Boolean) { Doc = "Whether the value lies between two samples." },
        new("missing_reason", DataType.Utf8) { Doc = "Why there is no value; null when there is one." },
    ];

    private static readonly Field[] NeighbourFields =
    [
        new("before_age_ns", DataType.Int64) { Doc = "From the last sample not later than the frame to the frame, nanoseconds; null when there is none." },
        new("after_age_ns", DataType.Int64) { Doc = "From the frame to the first sample later than it, nanoseconds; null when there is none." },
    ];

    private static readonly Field Ambiguous = new(AmbiguousName, DataType.Boolean)
    {
        Doc = "Whether a field's value could be another just as well: half a turn lies between its neighbours, or more than its maxRate allows.",
    };

    private readonly SynchroniseAccount account;
    private readonly TextSet policy;
    private readonly bool hasNeighbours;
    private readonly bool hasAmbiguous;
    private readonly StructType values;
    private readonly int[][] columns;
    private readonly SynchroniseInput input;
    private readonly int[] zeros = new int[FrameBuilder.ChunkFrames];
    private readonly bool[] ambiguous = new bool[FrameBuilder.ChunkFrames];
    private StructBuilder builder = null!;
    private ColumnWriter[] writers = [];

    public FrameInput(SynchroniseInput input, string policy, ChannelSchemas rows, SynchroniseAccount account)
    {
        this.input = input;
        this.account = account;
        this.policy = new TextSet([Encoding.UTF8.GetBytes(policy)]);
        hasNeighbours = !input.IsMember;
        values = rows.Fields();
        columns = rows.ColumnsOf(values);
        hasAmbiguous = Interpolates && WritersFor(new StructBuilder(values).ChildSpan).Any(writer => writer.CanBeAmbiguous);
        List<Field> fields = [.. MatchFields];
        if (hasNeighbours) fields.AddRange(NeighbourFields);
        if (hasAmbiguous) fields.Add(Ambiguous);
        int own = fields.Count;
        fields.AddRange(values.Fields.Select(field => IsTaken(fields.Take(own), field.Name) ? field with { Name = field.Name + "_" } : field));
        Type = new StructType(fields);
    }

    public StructType Type { get; }

    public string Name => input.Name;

    public string Channel => input.Channel;

    /// <summary>One match per frame of the chunk.</summary>
    public Match[] Matches { get; } = new Match[FrameBuilder.ChunkFrames];

    /// <summary>Takes the builder of the column.</summary>
    public void Bind(StructBuilder target)
    {
        builder = target;
        writers = WritersFor(target.ChildSpan[^values.Fields.Count..]);
    }

    /// <summary>Appends the first matches to the column and forgets them.</summary>
    public void Write(int count)
    {
        var matches = Matches.AsSpan(0, count);
        var children = builder.ChildSpan;
        var sequence = (FixedWidthBuilder<long>)children[0];
        var time = (FixedWidthBuilder<long>)children[1];
        var error = (FixedWidthBuilder<long>)children[2];
        var interpolated = (BooleanBuilder)children[4];
        var reason = (BinaryBuilder)children[5];
        ((BinaryBuilder)children[3]).AppendChosen(policy, zeros.AsSpan(0, count));
        foreach (ref readonly var match in matches)
        {
            interpolated.Append(match.IsInterpolated);
            if (match.MissingReason is { } text)
            {
                sequence.AppendNull();
                time.AppendNull();
                error.AppendNull();
                reason.Append(text);
            }
            else
            {
                sequence.Append(match.Nearer.Sequence);
                time.Append(match.TimeNs);
                error.Append(match.ErrorNs);
                reason.AppendNull();
            }
        }

        int next = MatchFields.Length;
        if (hasNeighbours)
        {
            var before = (FixedWidthBuilder<long>)children[next++];
            var after = (FixedWidthBuilder<long>)children[next++];
            foreach (ref readonly var match in matches)
            {
                AppendAge(before, match.BeforeAgeNs);
                AppendAge(after, match.AfterAgeNs);
            }
        }

        var isAmbiguous = ambiguous.AsSpan(0, count);
        isAmbiguous.Clear();
        foreach (var writer in writers) writer.Write(matches, isAmbiguous);
        if (hasAmbiguous)
        {
            var flags = (BooleanBuilder)children[next];
            foreach (bool flag in isAmbiguous)
            {
                flags.Append(flag);
                if (flag) account.Ambiguous++;
            }
        }

        builder.EndStructs(count);

        // What is referred to here keeps blocks in memory.
        matches.Clear();
    }

    private bool Interpolates => !input.IsMember && input.Policy == SynchronisePolicy.Linear;

    private ColumnWriter[] WritersFor(ReadOnlySpan<ColumnBuilder> builders) => ColumnWriter.CreateAll(builders, values, columns, Interpolates, input.Fields);

    private static void AppendAge(FixedWidthBuilder<long> ages, long age)
    {
        if (age == Match.NoAge) ages.AppendNull();
        else ages.Append(age);
    }

    private static bool IsTaken(IEnumerable<Field> fields, string name) => fields.Any(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
