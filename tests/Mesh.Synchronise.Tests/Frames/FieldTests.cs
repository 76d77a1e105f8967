using Mesh.Columnar;
using Mesh.Streaming.Ingest;
using Shouldly;
using Xunit;
using static Mesh.Synchronise.Tests.Samples;

namespace Mesh.Synchronise.Tests.Frames;

/// <summary>Fields of every kind through whole frames.</summary>
public sealed class FieldTests
{
    private const long T = 1_700_000_000_000_000_000;
    private const long Second = 1_000_000_000;

    private static readonly StructType Quaternion = new([new("x", DataType.Float64), new("y", DataType.Float64), new("z", DataType.Float64), new("w", DataType.Float64)]);
    private static readonly StructType Point = new([new("x", DataType.Float64), new("y", DataType.Float64), new("z", DataType.Float64)]);

    private static readonly Schema Schema = new(
    [
        .. SystemColumns.Fields,
        new Field("pose", new StructType([new("position", Point), new("orientation", Quaternion)])),
        new Field("heading", DataType.Float32),
        new Field("count", DataType.Int64),
        new Field("gear", DataType.Int32),
        new Field("valid", DataType.Boolean),
        new Field("fix", new StructType([new("latitude", DataType.Float64), new("longitude", DataType.Float64)])),
        new Field("q", new ListType(new Field("element", DataType.Float64))),
    ]);

    private sealed record Pose(double X, double[] Orientation, float Heading, long Count, int Gear, bool Valid, double Longitude);

    [Fact]
    public async Task By_default_poses_and_longitudes_are_interpolated_as_what_they_are_and_states_are_held()
    {
        double half = Math.Sqrt(0.5);
        var frames = await FramesAsync(
            new SynchroniseInput("/in", SynchronisePolicy.Linear), [T + Second * 3 / 4],
            (T, new Pose(0, [0, 0, 0, 1], 350, 10, 1, false, 179.9)), (T + Second, new Pose(8, [0, 0, half, half], 10, 20, 2, true, -179.9)));
        var pose = Field(frames, "in", "pose");
        pose.Children[0].Children[0].Values<double>()[0].ShouldBe(6);
        var orientation = pose.Children[1];
        orientation.Children[2].Values<double>()[0].ShouldBe(Math.Sin(Math.PI / 2 * 0.75 / 2), 1e-15, "three quarters of a quarter turn about z");
        orientation.Children[3].Values<double>()[0].ShouldBe(Math.Cos(Math.PI / 2 * 0.75 / 2), 1e-15);
        Field(frames, "in", "heading").Values<float>()[0].ShouldBe(95, "nobody said that it is an angle");
        Field(frames, "in", "count").Values<long>()[0].ShouldBe(10);
        Field(frames, "in", "gear").Values<int>()[0].ShouldBe(1);
        Field(frames, "in", "valid").GetBoolean(0).ShouldBeFalse();
        Field(frames, "in", "fix").Children[1].Values<double>()[0].ShouldBe(-179.95, 1e-9);
        Field(frames, "in", "ambiguous").GetBoolean(0).ShouldBeFalse();
        Field(frames, "in", "sequence").Values<long>()[0].ShouldBe(1, "the nearer sample's");
        (Field(frames, "in", "before_age_ns").Values<long>()[0], Field(frames, "in", "after_age_ns").Values<long>()[0]).ShouldBe((Second * 3 / 4, Second / 4));
    }

    [Fact]
    public async Task Rules_say_how_a_field_or_all_below_a_struct_is_interpolated()
    {
        var input = new SynchroniseInput("/in", SynchronisePolicy.Linear)
        {
            Fields = new Dictionary<string, FieldRule>
            {
                ["heading"] = new(FieldTreatment.Angle), ["count"] = new(FieldTreatment.Linear), ["gear"] = new(FieldTreatment.Nearest), ["valid"] = new(FieldTreatment.Nearest),
                ["pose"] = new(FieldTreatment.Hold), ["pose.position.x"] = new(FieldTreatment.Linear), ["q"] = new(FieldTreatment.Quaternion) { IsWFirst = true },
                ["fix.latitude"] = new(FieldTreatment.Quaternion), ["nowhere"] = new(FieldTreatment.Linear),
            },
        };
        double half = Math.Sqrt(0.5);
        var frames = await FramesAsync(
            input, [T + Second * 3 / 4], (T, new Pose(0, [0, 0, 0, 1], 350, 10, 1, false, 0)), (T + Second, new Pose(8, [0, 0, half, half], 10, 20, 2, true, 8)));
        Field(frames, "in", "heading").Values<float>()[0].ShouldBe(5, 1e-4);
        Field(frames, "in", "count").Values<long>()[0].ShouldBe(18, "17.5, rounded away from zero");
        Field(frames, "in", "gear").Values<int>()[0].ShouldBe(2);
        Field(frames, "in", "valid").GetBoolean(0).ShouldBeTrue();
        Field(frames, "in", "pose").Children[1].Children[3].Values<double>()[0].ShouldBe(1, "held");
        Field(frames, "in", "pose").Children[0].Children[0].Values<double>()[0].ShouldBe(6);
        Field(frames, "in", "fix").Children[0].Values<double>()[0].ShouldBe(48, "no orientation, so it is held");
        var q = Field(frames, "in", "q");
        q.Offsets.ToArray().ShouldBe([0, 4]);
        q.Children[0].Values<double>()[0].ShouldBe(Math.Cos(Math.PI / 2 * 0.75 / 2), 1e-15, "w first");
        q.Children[0].Values<double>()[3].ShouldBe(Math.Sin(Math.PI / 2 * 0.75 / 2), 1e-15);
    }

    [Fact]
    public async Task What_cannot_be_decided_is_flagged_and_what_changes_too_fast_is_null()
    {
        var input = new SynchroniseInput("/in", SynchronisePolicy.Linear)
        {
            MaxGapNs = 2 * Second,
            Fields = new Dictionary<string, FieldRule>
            {
                ["heading"] = new(FieldTreatment.Angle) { MaxRate = 90 }, ["pose.orientation"] = new(FieldTreatment.Quaternion) { MaxRate = 1 }, ["count"] = new(FieldTreatment.Linear) { MaxRate = 5 },
            },
        };
        await using var synchroniser = new Synchroniser(Options(input), "rec", "V1");
        double half = Math.Sqrt(0.5);
        var frames = (await RunAsync(synchroniser,
            Poses((T, new Pose(0, [0, 0, 0, 1], 0, 10, 1, false, 0)), (T + Second, new Pose(0, [0, 0, 0, 1], 80, 14, 1, false, 0)),
                (T + 2 * Second, new Pose(0, [0, 0, half, half], 180, 20, 1, false, 0)), (T + 3 * Second, new Pose(0, [0, 0, 0, 0], 200, 20, 1, false, 0)),
                (T + 4 * Second, new Pose(0, [0, 0, 0, 1], 200, 20, 1, false, 0))),
            Batch("/ref", Enumerable.Range(0, 4).Select(i => new Sample(T + i * Second + Second / 2, i, 0))))).Single();
        var heading = Field(frames, "in", "heading");
        var orientation = Field(frames, "in", "pose").Children[1];
        var count = Field(frames, "in", "count");
        Enumerable.Range(0, 4).Select(heading.IsNull).ShouldBe([false, true, false, false]);
        Enumerable.Range(0, 4).Select(orientation.IsNull).ShouldBe([false, true, true, true], "too fast, then no orientation on one side");
        Enumerable.Range(0, 4).Select(count.IsNull).ShouldBe([false, true, false, false]);
        Enumerable.Range(0, 4).Select(Field(frames, "in", "ambiguous").GetBoolean).ShouldBe([false, true, false, false]);
        synchroniser.Accounts[0].Ambiguous.ShouldBe(1);
        heading.Values<float>()[0].ShouldBe(40);
    }

    [Fact]
    public async Task At_the_time_of_a_sample_its_values_come_to_the_bit()
    {
        var frames = await FramesAsync(
            new SynchroniseInput("/in", SynchronisePolicy.Linear) { Fields = new Dictionary<string, FieldRule> { ["heading"] = new(FieldTreatment.Angle) } },
            [T, T + Second], (T, new Pose(0.1, [0, 0, 0, 0.9], 361, 1, 1, true, 400)), (T + Second, new Pose(double.NaN, [0, 0, 0, 1], -0f, 2, 2, false, 0)));
        Field(frames, "in", "interpolated").GetBoolean(0).ShouldBeFalse();
        Field(frames, "in", "heading").Values<float>()[0].ShouldBe(361);
        BitConverter.SingleToInt32Bits(Field(frames, "in", "heading").Values<float>()[1]).ShouldBe(BitConverter.SingleToInt32Bits(-0f));
        Field(frames, "in", "pose").Children[1].Children[3].Values<double>()[0].ShouldBe(0.9, "as recorded, no orientation or not");
        Field(frames, "in", "fix").Children[1].Values<double>()[0].ShouldBe(400);
        double.IsNaN(Field(frames, "in", "pose").Children[0].Children[0].Values<double>()[1]).ShouldBeTrue();
    }

    [Fact]
    public async Task Other_policies_copy_and_have_nothing_ambiguous()
    {
        var frames = await FramesAsync(
            new SynchroniseInput("/in", SynchronisePolicy.Next), [T + 1], (T, new Pose(1, [0, 0, 0, 1], 1, 1, 1, true, 1)), (T + Second, new Pose(2, [0, 0, 1, 0], 2, 2, 2, false, 2)));
        Field(frames, "in", "pose").Children[1].Children[2].Values<double>()[0].ShouldBe(1);
        ((StructType)frames.Schema.Fields[frames.Schema.IndexOf("in")].Type).Fields.ShouldNotContain(field => field.Name == "ambiguous");
        Field(frames, "in", "time_ns").Values<long>()[0].ShouldBe(T + Second);
        Field(frames, "in", "match_error_ns").Values<long>()[0].ShouldBe(Second - 1);
    }

    private static SynchroniseOptions Options(SynchroniseInput input) => new() { Name = "frames", Reference = new ChannelReference("/ref"), Inputs = [input] };

    private static async Task<RecordBatch> FramesAsync(SynchroniseInput input, long[] at, params (long Time, Pose Pose)[] poses) =>
        (await RunAsync(Options(input), Poses(poses), Batch("/ref", at.Select((time, i) => new Sample(time, i, 0))))).Single();

    private static ChannelBatch Poses(params (long Time, Pose Pose)[] poses)
    {
        var builder = new StructBuilder(Schema.AsStruct());
        for (int i = 0; i < poses.Length; i++)
        {
            var (time, pose) = poses[i];
            AppendSystem(builder, "/in", i, time);
            var outer = (StructBuilder)builder.Children[8];
            Append((StructBuilder)outer.Children[0], pose.X, 0, 0);
            Append((StructBuilder)outer.Children[1], pose.Orientation);
            outer.EndStruct();
            ((FixedWidthBuilder<float>)builder.Children[9]).Append(pose.Heading);
            ((FixedWidthBuilder<long>)builder.Children[10]).Append(pose.Count);
            ((FixedWidthBuilder<int>)builder.Children[11]).Append(pose.Gear);
            ((BooleanBuilder)builder.Children[12]).Append(pose.Valid);
            Append((StructBuilder)builder.Children[13], 48, pose.Longitude);
            var list = (ListBuilder)builder.Children[14];
            foreach (int component in new[] { 3, 0, 1, 2 }) ((FixedWidthBuilder<double>)list.Element).Append(pose.Orientation[component]);
            list.EndList();
            builder.EndStruct();
        }

        return new ChannelBatch("/in", "demo/Pose", builder.BuildBatch(), poses.Select(pose => pose.Time).ToArray(), "header");

        static void Append(StructBuilder target, params double[] values)
        {
            for (int i = 0; i < values.Length; i++) ((FixedWidthBuilder<double>)target.Children[i]).Append(values[i]);
            target.EndStruct();
        }
    }
}
