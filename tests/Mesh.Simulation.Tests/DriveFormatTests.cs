using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Formats.Mdf4;
using Mesh.Formats.Tests.Mdf4.Writing;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Data.Sqlite;

namespace Mesh.Simulation.Tests;

public sealed class DriveFormatTests : IDisposable
{
    private static readonly DriveOptions Options = new() { Duration = TimeSpan.FromSeconds(3), Seed = 3, LidarPoints = 200 };

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RecordingFormat.Mcap, "mcap", "ros2")]
    [InlineData(RecordingFormat.Mdf4, "mdf4", "ros2")]
    [InlineData(RecordingFormat.Ros1Bag, "rosbag1", "ros1")]
    [InlineData(RecordingFormat.Ros2Bag, "rosbag2", "ros2")]
    public async Task Every_format_holds_what_its_truth_says_and_one_seed_gives_the_same_bytes(RecordingFormat format, string name, string schema)
    {
        Directory.CreateDirectory(folder["again"]);
        var truth = await SimulatedRecording.WriteAsync(folder["drive"], Options with { Format = format }, Cancellation);
        var again = await SimulatedRecording.WriteAsync(folder["again", "drive"], Options with { Format = format }, Cancellation);

        again.Sha256.ShouldBe(truth.Sha256);
        bool isFolder = format == RecordingFormat.Ros2Bag;
        Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order().ShouldBe(["again", "drive", "drive.truth.json"]);
        string file = isFolder ? folder["drive", "drive_0.db3"] : folder["drive"];
        byte[] bytes = await File.ReadAllBytesAsync(file, Cancellation);
        (truth.FileBytes, truth.Sha256).ShouldBe((bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))));
        (truth.File, truth.Format, truth.Schema).ShouldBe(("drive", name, schema));
        (await SimulationTruth.TryReadAsync(folder["drive"], Cancellation))!.Sha256.ShouldBe(truth.Sha256);

        var read = await DriveFormats.ReadAsync(folder["drive"]);
        ((long)read.Count).ShouldBe(truth.Messages);
        truth.Messages.ShouldBe(3 * 240);
        foreach (var channel in truth.Channels) ((long)read.Count(message => message.Topic == channel.Topic)).ShouldBe(channel.Messages, channel.Topic);
        var damaged = await RecordingDamage.TruncateAsync(folder["drive"], 0.7, Cancellation);
        (damaged.FileBytes, new FileInfo(file).Length).ShouldBe(((long)(truth.FileBytes * 0.7), (long)(truth.FileBytes * 0.7)));
    }

    [Fact]
    public async Task An_mcap_file_is_the_same_byte_for_byte_on_every_machine()
    {
        // Fixed numbers: of uncompressed files, which no library has a part in.
        var options = new DriveOptions { Seed = 42, Duration = TimeSpan.FromSeconds(3), Compression = McapCompression.None };
        (await SimulatedRecording.WriteAsync(folder["ros2.mcap"], options, Cancellation)).Sha256.ShouldBe("de1548fc4e98023bf4b718425b6e4e9fc9d7f983cf47c90e2cfc0bb9993dcf71");
        (await SimulatedRecording.WriteAsync(folder["protobuf.mcap"], options with { Schema = DriveSchema.Protobuf }, Cancellation))
            .Sha256.ShouldBe("4e26efe8bd2634ef641cbcde2631c659cd0f4b43c5bf23527c740e1336a3d728");
    }

    [Fact]
    public async Task A_ros_2_bag_holds_the_messages_of_the_mcap_file()
    {
        await SimulatedRecording.WriteAsync(folder["drive.mcap"], Options, Cancellation);
        var truth = await SimulatedRecording.WriteAsync(folder["bag"], Options with { Format = RecordingFormat.Ros2Bag }, Cancellation);
        Directory.GetFiles(folder["bag"]).Select(Path.GetFileName).Order().ShouldBe(["bag_0.db3", "metadata.yaml"]);

        var expected = await DriveFormats.ReadAsync(folder["drive.mcap"]);
        (await DriveFormats.ReadAsync(folder["bag"])).Select(Describe).ShouldBe(expected.Select(Describe));

        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = folder["bag", "bag_0.db3"], Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name, type, count(*), sum(length(data)) FROM messages JOIN topics ON topics.id = topic_id GROUP BY topics.id ORDER BY topics.id";
        using var rows = command.ExecuteReader();
        foreach (var channel in truth.Channels)
        {
            rows.Read().ShouldBeTrue();
            (rows.GetString(0), rows.GetString(1), rows.GetInt64(2), rows.GetInt64(3)).ShouldBe((channel.Topic, channel.SchemaName, channel.Messages, channel.PayloadBytes));
        }

        rows.Read().ShouldBeFalse();

        static string Describe(DriveFormats.ReadMessage message) => $"{message.LogTimeNs} {message.Topic} {Convert.ToHexString(message.Payload)}";
    }

    [Theory]
    [InlineData(Mdf4Compression.None)]
    [InlineData(Mdf4Compression.TransposedDeflate)]
    public async Task The_columns_of_mdf_are_those_of_the_same_drive_in_ros_2(Mdf4Compression compression)
    {
        var truth = await SimulatedRecording.WriteAsync(folder["drive.mf4"], Options with { Format = RecordingFormat.Mdf4, MdfCompression = compression }, Cancellation);
        var signals = DriveSignals.Of(Options);
        await using var reader = await DriveFormats.OpenAsync(folder["drive.mf4"]);
        var columns = new RecordingColumns(reader);
        long rows = 0;
        await foreach (var batch in columns.ReadAsync(Cancellation))
        {
            string topic = batch.Channel.Topic;
            rows += batch.Fields.Length;
            ((long)batch.Fields.Length).ShouldBe(truth.Channels.Single(channel => channel.Topic == topic).Messages);
            batch.LogTimesNs.Values<long>().ToArray().ShouldBe(signals.Messages[topic].Select(message => message.LogTimeNs));
            var leaves = Leaves(signals.Batches[topic]).ToList();
            foreach (var (name, expected) in leaves)
            {
                for (int i = 0; i < expected.Length; i++) Same(expected, i, ValueOf(batch.Fields[name], i)).ShouldBeTrue($"{topic} {name} row {i}");
            }

            batch.Fields.Schema.Fields.Select(field => field.Name).ShouldBe(["time", .. leaves.Select(leaf => leaf.Name)]);
        }

        columns.Undecoded.ShouldBeEmpty();
        rows.ShouldBe(truth.Messages);
        reader.Losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_reader_made_from_the_specification_finds_the_columns_in_mdf()
    {
        var truth = await SimulatedRecording.WriteAsync(folder["drive.mf4"], Options with { Format = RecordingFormat.Mdf4 }, Cancellation);
        var signals = DriveSignals.Of(Options);
        var read = SpecificationMdfReader.Read(await File.ReadAllBytesAsync(folder["drive.mf4"], Cancellation));

        read.StartTimeNs.ShouldBe((ulong)truth.StartTimeNs);
        read.Groups.Select(group => (group.Name, group.Cycles)).ShouldBe(truth.Channels.Select(channel => (channel.Topic, channel.Messages)));
        foreach (var group in read.Groups)
        {
            foreach (var (name, expected) in Leaves(signals.Batches[group.Name]))
            {
                for (int i = 0; i < expected.Length; i++) Same(expected, i, group.Raw(group[name], i)).ShouldBeTrue($"{group.Name} {name} row {i}");
            }

            for (int i = 0; i < group.Cycles; i++) group.Raw(group["time"], i).ShouldBe(signals.Messages[group.Name][i].LogTimeNs - truth.StartTimeNs);
        }
    }

    [Theory]
    [InlineData(RecordingFormat.Mdf4)]
    [InlineData(RecordingFormat.Ros1Bag)]
    [InlineData(RecordingFormat.Ros2Bag)]
    public async Task What_cannot_be_written_is_refused_and_leaves_nothing_behind(RecordingFormat format)
    {
        var options = Options with { Format = format };
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => SimulatedRecording.WriteAsync(folder["drive"], options, cancelled.Token));
        (await Should.ThrowAsync<MeshException>(() => SimulatedRecording.WriteAsync(folder["nowhere", "drive"], options, Cancellation))).Code.ShouldBe("MESH11054");
        var error = await Should.ThrowAsync<MeshException>(() => SimulatedRecording.WriteAsync(folder["drive"], options with { Schema = DriveSchema.Protobuf }, Cancellation));
        error.Code.ShouldBe("MESH11050");
        error.Message.ShouldContain("Schema");
        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_ros_2_bag_replaces_nothing_but_an_empty_folder()
    {
        var options = Options with { Format = RecordingFormat.Ros2Bag, Duration = TimeSpan.FromSeconds(0.2) };
        Directory.CreateDirectory(folder["bag"]);
        await SimulatedRecording.WriteAsync(folder["bag"] + "/", options, Cancellation);
        var before = File.GetLastWriteTimeUtc(folder["bag", "bag_0.db3"]);
        (await Should.ThrowAsync<MeshException>(() => SimulatedRecording.WriteAsync(folder["bag"], options, Cancellation))).Code.ShouldBe("MESH11054");
        File.GetLastWriteTimeUtc(folder["bag", "bag_0.db3"]).ShouldBe(before);

        await File.WriteAllTextAsync(folder["file"], "mine", Cancellation);
        (await Should.ThrowAsync<MeshException>(() => SimulatedRecording.WriteAsync(folder["file"], options, Cancellation))).Message.ShouldContain("replaces nothing");
        (await File.ReadAllTextAsync(folder["file"], Cancellation)).ShouldBe("mine");
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Columns as MDF names them: structs taken apart.</summary>
    private static IEnumerable<(string Name, ColumnVector Column)> Leaves(RecordBatch batch) =>
        batch.Schema.Fields.SelectMany((field, i) => Leaves(field.Name, batch.Columns[i]));

    private static IEnumerable<(string Name, ColumnVector Column)> Leaves(string name, ColumnVector column) =>
        column.Type is StructType type ? type.Fields.SelectMany((field, i) => Leaves($"{name}.{field.Name}", column.Children[i])) : [(name, column)];

    /// <summary>Whether a value of MDF is that of a column; lists are JSON there, truth values 0 and 1.</summary>
    private static bool Same(ColumnVector column, int row, object? actual) => ValueOf(column, row) switch
    {
        bool value => Convert.ToInt64(actual, null) == (value ? 1 : 0),
        long value => actual is not (double or float) && Convert.ToInt64(actual, null) == value,
        double value => actual is double number && number.Equals(value),
        byte[] value => actual is byte[] bytes && bytes.AsSpan().SequenceEqual(value),
        string value => actual is string text && text == value,
        var list => actual is string json && JsonNode.DeepEquals(JsonNode.Parse(json), JsonSerializer.SerializeToNode(list)),
    };

    private static object? ValueOf(ColumnVector column, int row) => column.IsNull(row) ? null : column.Type.Kind switch
    {
        TypeKind.Boolean => column.GetBoolean(row),
        TypeKind.Int32 => (long)column.Values<int>()[row],
        TypeKind.Int64 => column.Values<long>()[row],
        TypeKind.Float64 => column.Values<double>()[row],
        TypeKind.Binary => column.GetBytes(row).ToArray(),
        TypeKind.Utf8 => column.GetString(row),
        TypeKind.List => Enumerable.Range(column.Offsets[row], column.Offsets[row + 1] - column.Offsets[row]).Select(i => ValueOf(column.Children[0], i)).ToArray(),
        TypeKind.Struct => ((StructType)column.Type).Fields.Select((field, i) => (field.Name, Value: ValueOf(column.Children[i], row))).ToDictionary(pair => pair.Name, pair => pair.Value),
        _ => throw new NotSupportedException(column.Type.ToString()),
    };
}
