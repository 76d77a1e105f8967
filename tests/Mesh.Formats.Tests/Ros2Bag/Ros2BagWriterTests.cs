using System.Text;
using Mesh.Formats.Ros2Bag;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Ros2Bag;

public sealed class Ros2BagWriterTests
{
    private static readonly Dictionary<string, string> Metadata = new() { ["offered_qos_profiles"] = "- history: 3\n  depth: 0", ["type_description_hash"] = "RIHS01_ab" };

    private static readonly RecordingChannel Imu = new(0, "/imu", "cdr", new MessageSchema("demo/msg/Imu", "ros2msg", "float64 x\n# ünïcode"u8.ToArray()), Metadata);

    private static readonly RecordingChannel Idl = new(0, "/odd: topic", "cdr", new MessageSchema("demo/msg/Idl", "ros2idl", "module demo {};"u8.ToArray()), new Dictionary<string, string>());

    [Fact]
    public async Task What_is_written_is_what_sqlite_and_the_reader_find()
    {
        using var folder = new TemporaryFolder();
        var payloads = await WriteAsync(folder["drive"], 2000);
        var rows = SqliteBags.Read(folder["drive", "drive_0.db3"]);
        rows.Select(row => SqliteBags.Describe(row.Topic, (ulong)row.Timestamp, row.Data)).ShouldBe(payloads);
        File.Delete(Directory.GetFiles(folder["drive"], "oracle*").Single());
        Directory.GetFiles(folder["drive"]).Select(Path.GetFileName).Order().ShouldBe(["drive_0.db3", "metadata.yaml"]);

        var read = await BagReading.FolderAsync(folder["drive"]);
        read.Losses.ShouldBeEmpty();
        SqliteBags.Describe(read).ShouldBe(payloads);
        read.Channels.Select(channel => channel.Topic).ShouldBe(["/imu", "/odd: topic", "/empty"]);
        read.Channels[0].Metadata.ShouldBe(Metadata, ignoreOrder: true);
        read.Channels[0].Schema!.Data.ToArray().ShouldBe(Imu.Schema!.Data.ToArray());
        read.Channels[1].Schema!.Encoding.ShouldBe("ros2idl");
        read.Summary!.Messages.ShouldBe(2000);
        read.Summary.Metadata.ShouldContain(group => group.Name == "custom_data" && group.Values["vehicle"] == "V\"1\n" && group.Values["tool/name"] == "mesh");

        // Nothing the doctor minds but the times, which the test shuffles.
        var findings = await ExamineAsync(folder["drive", "drive_0.db3"]);
        findings.Select(finding => finding.Code).Distinct().ShouldBe(["MESH10484"]);
    }

    [Fact]
    public async Task The_schema_is_the_one_rosbag2_writes()
    {
        using var folder = new TemporaryFolder();
        await WriteAsync(folder["drive"], 3);
        var ours = Schema(folder["drive", "drive_0.db3"]);

        // A file that rosbag2 of that generation wrote.
        File.Copy(TestData.PathOf("ros2_rosbag2", "rosbag2_tests/resources/sqlite3/cdr_test/cdr_test_0.db3"), folder["theirs.db3"]);
        var theirs = Schema(folder["theirs.db3"]);
        ours.ShouldBe(theirs);
    }

    [Fact]
    public async Task Metadata_is_yaml_that_says_what_is_in_the_bag()
    {
        using var folder = new TemporaryFolder();
        await WriteAsync(folder["drive"], 100);
        string yaml = await File.ReadAllTextAsync(folder["drive", "metadata.yaml"], TestContext.Current.CancellationToken);
        yaml.ShouldStartWith("rosbag2_bagfile_information:\n  version: 7\n  storage_identifier: sqlite3\n  duration:\n    nanoseconds: ");
        var metadata = BagMetadata.TryParse(yaml)!;
        metadata.Files.ShouldBe(["drive_0.db3"]);
        metadata.MessageCount.ShouldBe(100);
        metadata.MessagesByFile["drive_0.db3"].ShouldBe(100);
        metadata.Topics.Select(topic => (topic.Name, topic.Type, topic.Format)).ShouldBe(
            [("/imu", "demo/msg/Imu", "cdr"), ("/odd: topic", "demo/msg/Idl", "cdr"), ("/empty", "std_msgs/msg/Empty", "cdr")]);
        metadata.Topics.Sum(topic => topic.Messages).ShouldBe(100);
        var rows = SqliteBags.Read(folder["drive", "drive_0.db3"]);
        metadata.StartTimeNs.ShouldBe((ulong)rows.Min(row => row.Timestamp));
        metadata.EndTimeNs.ShouldBe((ulong)rows.Max(row => row.Timestamp));
    }

    [Fact]
    public async Task An_empty_bag_is_a_bag()
    {
        using var folder = new TemporaryFolder();
        await using (var writer = Ros2BagWriter.Create(folder["none"])) await writer.CompleteAsync(TestContext.Current.CancellationToken);
        var read = await BagReading.FolderAsync(folder["none"]);
        read.Messages.ShouldBeEmpty();
        read.Losses.ShouldBeEmpty();
        read.Summary!.Messages.ShouldBe(0);
        read.Summary.StartTimeNs.ShouldBeNull();
    }

    [Fact]
    public async Task Without_completion_what_was_committed_can_be_read()
    {
        using var folder = new TemporaryFolder();
        await using (var writer = Ros2BagWriter.Create(folder["cut"], new Ros2BagWriterOptions { TransactionBytes = 1000 }))
        {
            int imu = writer.AddChannel(Imu);
            for (int i = 0; i < 100; i++) await writer.WriteAsync(imu, At(i), new byte[100], TestContext.Current.CancellationToken);
        }

        (await BagReading.FolderAsync(folder["cut"])).Messages.Count.ShouldBe(100);
    }

    [Fact]
    public void What_the_format_cannot_carry_is_refused_with_what_can()
    {
        using var folder = new TemporaryFolder();
        using (var _ = File.Create(folder["there"]))
        {
        }

        Should.Throw<MeshException>(() => Ros2BagWriter.Create(folder["there"])).Code.ShouldBe("MESH10470");
        Should.Throw<MeshException>(() => Ros2BagWriter.Create(folder.Path)).Code.ShouldBe("MESH10470");
        var writer = Ros2BagWriter.Create(folder["bag"]);
        writer.AddChannel(Imu);
        writer.AddChannel(Imu).ShouldBe(0);
        Should.Throw<RecordingFormatException>(() => writer.AddChannel(Imu with { MessageEncoding = "json" })).Message.ShouldContain("MCAP");
        Should.Throw<RecordingFormatException>(() => writer.AddChannel(Imu with { Schema = Idl.Schema })).Code.ShouldBe("MESH10010");
        Should.Throw<MeshException>(() => writer.WriteAsync(0, At(0) with { LogTimeNs = ulong.MaxValue }, default, TestContext.Current.CancellationToken).AsTask()).Code.ShouldBe("MESH10470");
        writer.DisposeAsync().AsTask().IsCompletedSuccessfully.ShouldBeTrue();
    }

    private static async Task<List<string>> WriteAsync(string folder, int count)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var random = new Random(count);
        List<string> described = [];
        await using var writer = Ros2BagWriter.Create(folder, new Ros2BagWriterOptions { TransactionBytes = 100_000 });
        int[] channels = [writer.AddChannel(Imu), writer.AddChannel(Idl), writer.AddChannel(new RecordingChannel(0, "/empty", "cdr", new MessageSchema("std_msgs/msg/Empty", "ros2msg", default), new Dictionary<string, string>()))];
        for (int i = 0; i < count; i++)
        {
            byte[] payload = new byte[i % 7 == 0 ? 0 : random.Next(6000)];
            random.NextBytes(payload);
            if (payload.Length > 0) payload[0] = 0;
            int channel = random.Next(2);
            var message = At(1_700_000_000_000_000_000 + (i * 1000L) + random.Next(3000));
            await writer.WriteAsync(channels[channel], message, payload, cancellationToken);
            described.Add(SqliteBags.Describe(channel == 0 ? "/imu" : "/odd: topic", message.LogTimeNs, payload));
        }

        (await writer.WriteMetadataAsync(new RecordingMetadata("custom_data", new Dictionary<string, string> { ["vehicle"] = "V\"1\n" }), cancellationToken)).ShouldBeTrue();
        await writer.WriteMetadataAsync(new RecordingMetadata("tool", new Dictionary<string, string> { ["name"] = "mesh" }), cancellationToken);
        await writer.CompleteAsync(cancellationToken);
        return described;
    }

    private static MessageRef At(long time) => new(0, 0, (ulong)time, (ulong)time, 0, 0, 0);

    private static List<string> Schema(string path)
    {
        using var connection = SqliteBags.Open(path);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid";
        using var reader = command.ExecuteReader();
        List<string> schema = [];
        while (reader.Read()) schema.Add($"{reader.GetString(0)} {reader.GetString(1)} {reader.GetString(2)} {reader.GetString(3)}");
        return schema;
    }

    private static async Task<IReadOnlyList<RecordingFinding>> ExamineAsync(string path) => await RecordingDoctor.ExamineAsync(
        new MemoryByteSource(await File.ReadAllBytesAsync(path), path),
        new RecordingReaderOptions { Folder = new BagReading.DirectoryFolder(Path.GetDirectoryName(path)!) }, TestContext.Current.CancellationToken);
}
