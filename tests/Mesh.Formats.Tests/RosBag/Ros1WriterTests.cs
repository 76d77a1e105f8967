using System.Text;
using System.Text.Json;
using Mesh.Formats.RosBag;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.RosBag;

public sealed class Ros1WriterTests
{
    [Theory]
    [InlineData(Ros1BagCompression.None)]
    [InlineData(Ros1BagCompression.Lz4)]
    [InlineData(Ros1BagCompression.Bz2)]
    public async Task What_is_written_is_read_back(Ros1BagCompression compression)
    {
        byte[] file = await Ros1Samples.WriteAsync(compression);
        var read = await Ros1Reading.ReadAsync(file);
        read.Losses.ShouldBeEmpty();
        read.Messages.Count.ShouldBe(Ros1Samples.Messages);
        for (int i = 0; i < read.Messages.Count; i++)
        {
            read.Messages[i].LogTimeNs.ShouldBe(Ros1Samples.LogTime(i));
            read.Messages[i].PublishTimeNs.ShouldBe(Ros1Samples.LogTime(i));
            read.Messages[i].Payload.ShouldBe(Ros1Samples.Payload(i));
            read.Messages[i].Channel.Topic.ShouldBe(i % 3 == 0 ? "/text" : "/imu");
        }

        var imu = read.Channels.Single(channel => channel.Topic == "/imu");
        imu.Schema!.Name.ShouldBe("demo/Imu");
        Encoding.UTF8.GetString(imu.Schema.Data.Span).ShouldBe(Ros1Samples.ImuDefinition);
        imu.Metadata["callerid"].ShouldBe("/driver");
        imu.Metadata["latching"].ShouldBe("1");
        read.Channels.Select(channel => channel.Topic).ShouldBe(["/text", "/imu", "/silent"]);
        (await RecordingDoctor.ExamineAsync(new MemoryByteSource(file), new RecordingReaderOptions(), TestContext.Current.CancellationToken))
            .Where(finding => finding.Severity == FindingSeverity.Error).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Ros1BagCompression.None)]
    [InlineData(Ros1BagCompression.Lz4)]
    [InlineData(Ros1BagCompression.Bz2)]
    public async Task The_readers_that_people_use_read_our_bags(Ros1BagCompression compression)
    {
        string python = Require.Program("rosbag", "apt-get install python3-rosbag").Length > 0 ? "/usr/bin/python3" : "";
        byte[] file = await Ros1Samples.WriteAsync(compression, isOrdered: true);
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["a.bag"], file, TestContext.Current.CancellationToken);
        using var document = JsonDocument.Parse(await ToolProcess.RunAsync(python, Path.Combine(Repository.Root, "tests", "foreign", "rosbag-read.py"), folder["a.bag"]));
        var byPython = document.RootElement;
        var byFoxglove = await NodeScript.RunAsync("rosbag-read.mjs", folder["a.bag"]);

        byPython.GetProperty("count").GetInt32().ShouldBe(Ros1Samples.Messages);
        byPython.GetProperty("chunks").GetInt32().ShouldBeGreaterThan(5);
        byPython.GetProperty("compressions").EnumerateArray().Select(name => name.GetString()).ShouldContain(compression switch
        {
            Ros1BagCompression.None => "none",
            Ros1BagCompression.Lz4 => "lz4",
            _ => "bz2",
        });
        foreach (string topic in new[] { "/imu", "/text" })
        {
            // In time order, which is file order here: where it is not, python3-rosbag keeps to neither.
            var numbers = Enumerable.Range(0, Ros1Samples.Messages).Where(i => (i % 3 == 0) == (topic == "/text")).ToList();
            uint crc = Crc32.Compute(numbers.SelectMany(Ros1Samples.Payload).ToArray());
            foreach (var reader in new[] { byPython, byFoxglove })
            {
                var entry = reader.GetProperty("topics").GetProperty(topic);
                entry.GetProperty("count").GetInt32().ShouldBe(numbers.Count);
                entry.GetProperty("crc").GetUInt32().ShouldBe(crc);
            }

            var seen = byPython.GetProperty("topics").GetProperty(topic);
            seen.GetProperty("first").GetUInt64().ShouldBe(numbers.Min(i => Ros1Samples.LogTime(i ^ 1)));
            seen.GetProperty("last").GetUInt64().ShouldBe(numbers.Max(i => Ros1Samples.LogTime(i ^ 1)));
            seen.GetProperty("type").GetString().ShouldBe(topic == "/imu" ? "demo/Imu" : "std_msgs/String");
        }

        byPython.GetProperty("topics").GetProperty("/text").GetProperty("md5").GetString().ShouldBe("992ce8a1687cec8c8bd883ec73ca41d1");
        byFoxglove.GetProperty("connections").GetArrayLength().ShouldBe(3);
    }

    [Theory]
    [InlineData(1, Ros1BagCompression.None)]
    [InlineData(2, Ros1BagCompression.Lz4)]
    [InlineData(3, Ros1BagCompression.Bz2)]
    public async Task Any_recording_is_read_alike_by_python3_rosbag(int seed, Ros1BagCompression compression)
    {
        Require.Program("rosbag", "apt-get install python3-rosbag");
        var cancellationToken = TestContext.Current.CancellationToken;
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        Dictionary<string, (int Count, uint Crc, ulong First, ulong Last)> expected = [];
        await using (var output = File.Create(folder["a.bag"]))
        {
            await using var writer = new Ros1BagWriter(output, new Ros1BagWriterOptions { Compression = compression, ChunkBytes = random.Next(100, 50_000) });
            string[] topics = [.. Enumerable.Range(0, random.Next(1, 40)).Select(i => $"/topic/{i % 30}/é")];
            foreach (string topic in topics) writer.AddChannel(Ros1Samples.Channels[random.Next(2)] with { Topic = topic, Schema = Ros1Samples.Channels[topic.Length % 2].Schema });
            ulong time = (ulong)random.NextInt64(1, 4_000_000_000_000_000_000);
            for (int i = 0; i < 3000; i++)
            {
                int channel = random.Next(topics.Length);
                byte[] payload = new byte[random.Next(10) == 0 ? random.Next(20_000) : random.Next(60)];
                random.NextBytes(payload.AsSpan(payload.Length / 2));
                time += (ulong)random.Next(1, 2_000_000_000);
                await writer.WriteAsync(channel, new MessageRef { LogTimeNs = time }, payload, cancellationToken);
                var known = expected.GetValueOrDefault(topics[channel], (Count: 0, Crc: 0U, First: time, Last: 0UL));
                expected[topics[channel]] = (known.Count + 1, Crc32.Append(known.Crc, payload), known.First, time);
            }

            await writer.CompleteAsync(cancellationToken);
        }

        using var document = JsonDocument.Parse(await ToolProcess.RunAsync("/usr/bin/python3", Path.Combine(Repository.Root, "tests", "foreign", "rosbag-read.py"), folder["a.bag"]));
        var topicsRead = document.RootElement.GetProperty("topics").EnumerateObject().ToDictionary(topic => topic.Name, topic => topic.Value);
        topicsRead.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach (var (topic, (count, crc, first, last)) in expected)
        {
            topicsRead[topic].GetProperty("count").GetInt32().ShouldBe(count, topic);
            topicsRead[topic].GetProperty("crc").GetUInt32().ShouldBe(crc, topic);
            topicsRead[topic].GetProperty("first").GetUInt64().ShouldBe(first, topic);
            topicsRead[topic].GetProperty("last").GetUInt64().ShouldBe(last, topic);
        }

        var read = await Ros1Reading.ReadAsync(await File.ReadAllBytesAsync(folder["a.bag"], cancellationToken));
        read.Losses.ShouldBeEmpty();
        read.Messages.Count.ShouldBe(3000);
    }

    [Fact]
    public async Task The_sums_of_definitions_are_those_that_recorders_wrote()
    {
        int compared = 0;
        foreach (string file in Directory.EnumerateFiles(TestData.PathOf(), "*.bag", SearchOption.AllDirectories).Order())
        {
            byte[] bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            if (bytes.Length == 0) continue;
            foreach (var channel in (await Ros1Reading.ReadAsync(bytes)).Channels)
            {
                string definition = Encoding.UTF8.GetString(channel.Schema!.Data.Span);
                if (definition.Length == 0 && channel.Schema.Name != "std_msgs/Empty") continue;
                Ros1Md5.TryCompute(channel.Schema.Name, definition).ShouldBe(channel.Metadata["md5sum"], $"{file} {channel.Topic} {channel.Schema.Name}");
                compared++;
            }
        }

        compared.ShouldBeGreaterThan(300);
    }

    [Theory]
    [InlineData("demo/Text", "string A=one # two = three \nint8 B = -1 # text\n\nint32 x", "string A=one # two = three\nint8 B=-1\nint32 x")]
    [InlineData("demo/Arrays", "  float64[9]   m # covariance\nbyte[] data\r\nduration[2] d", "float64[9] m\nbyte[] data\nduration[2] d")]
    public void Comments_and_blanks_do_not_count_and_constants_come_first(string type, string definition, string text)
    {
#pragma warning disable CA5351
        string expected = Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351
        Ros1Md5.TryCompute(type, definition).ShouldBe(expected);
    }

    [Fact]
    public void A_definition_without_its_nested_types_or_with_itself_has_no_sum()
    {
        Ros1Md5.TryCompute("demo/A", "demo/B b").ShouldBeNull();
        Ros1Md5.TryCompute("demo/A", "demo/A a").ShouldBeNull();
        Ros1Md5.TryCompute("std_msgs/Empty", "").ShouldBe("d41d8cd98f00b204e9800998ecf8427e");
    }

    [Fact]
    public async Task What_is_not_ros1_is_refused_with_what_would_do()
    {
        using var output = new MemoryStream();
        await using var writer = new Ros1BagWriter(output);
        var cdr = new RecordingChannel(0, "/imu", "cdr", new MessageSchema("sensor_msgs/msg/Imu", "ros2msg", default), new Dictionary<string, string>());
        var refusal = Should.Throw<RecordingFormatException>(() => writer.AddChannel(cdr));
        refusal.Code.ShouldBe("MESH10010");
        refusal.Message.ShouldContain("ros1msg");
        refusal.Message.ShouldContain("/imu");
        Should.Throw<RecordingFormatException>(() => writer.AddChannel(cdr with { MessageEncoding = "ros1", Schema = null })).Code.ShouldBe("MESH10010");

        int channel = writer.AddChannel(Ros1Samples.Channels[1]);
        (await Should.ThrowAsync<RecordingFormatException>(async () =>
            await writer.WriteAsync(channel, new MessageRef { LogTimeNs = 4_294_967_296_000_000_000UL }, default, TestContext.Current.CancellationToken))).Code.ShouldBe("MESH10420");
    }

    [Fact]
    public async Task A_message_larger_than_a_chunk_gets_a_chunk_of_its_own_and_the_largest_time_fits()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        byte[] large = new byte[6 << 20];
        new Random(3).NextBytes(large);
        using var output = new MemoryStream();
        await using var writer = new Ros1BagWriter(output, new Ros1BagWriterOptions { Compression = Ros1BagCompression.Lz4 });
        int channel = writer.AddChannel(Ros1Samples.Channels[1]);
        for (uint i = 0; i < 3; i++) await writer.WriteAsync(channel, new MessageRef { LogTimeNs = 4_294_967_295_999_999_990UL + i }, large, cancellationToken);
        await writer.CompleteAsync(cancellationToken);

        var read = await Ros1Reading.ReadAsync(output.ToArray());
        read.Losses.ShouldBeEmpty();
        read.Messages.Select(message => message.FileOffset).Distinct().Count().ShouldBe(3);
        read.Messages.ShouldAllBe(message => message.Payload.SequenceEqual(large));
        read.Messages.Select(message => message.LogTimeNs).ShouldBe([4_294_967_295_999_999_990, 4_294_967_295_999_999_991, 4_294_967_295_999_999_992]);

        // Random bytes do not shrink: they are stored as they are.
        (await Ros1Reading.SummariseAsync(output.ToArray()))!.Metadata[0].Values["compression"].ShouldBe("none");
    }

    [Fact]
    public async Task A_recording_without_messages_is_whole()
    {
        byte[] file = await Ros1Samples.WriteAsync(Ros1BagCompression.Lz4, messages: 0);
        var read = await Ros1Reading.ReadAsync(file);
        read.Losses.ShouldBeEmpty();
        read.Messages.ShouldBeEmpty();
        read.Channels.Count.ShouldBe(3);
        var summary = await Ros1Reading.SummariseAsync(file);
        summary!.Messages.ShouldBe(0);
        summary.StartTimeNs.ShouldBeNull();
    }

    [Fact]
    public async Task Without_completion_the_messages_of_closed_chunks_are_there()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var output = new MemoryStream();
        await using (var writer = new Ros1BagWriter(output, new Ros1BagWriterOptions { ChunkBytes = 1000 }))
        {
            int channel = writer.AddChannel(Ros1Samples.Channels[1]);
            for (int i = 0; i < 100; i++) await writer.WriteAsync(channel, new MessageRef { LogTimeNs = (ulong)i }, Ros1Samples.Payload(99), cancellationToken);
        }

        var read = await Ros1Reading.ReadAsync(output.ToArray());
        read.Messages.Count.ShouldBeInRange(90, 100);
        read.Losses.ShouldHaveSingleItem().Code.ShouldBe(Ros1BagLosses.Truncated);
    }
}
