using Mesh.Commands.Inspect;
using Mesh.Commands.Recordings;
using Mesh.Formats;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Recordings;

public sealed class RecordingCopyTests
{
    private static readonly ulong[] Ordered = [.. Enumerable.Range(0, 100).Select(i => (ulong)i * 10)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_filter_keeps_the_wanted_topics_and_times_and_everything_about_them()
    {
        using var folder = new TemporaryFolder();
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], Ordered, "/a", "/b", "/c");
        var query = new RecordingQuery { Topics = ["/a", "/c*"], StartTimeNs = RecordingFiles.Start + 200_000_000, EndTimeNs = RecordingFiles.Start + 400_000_000 };
        var report = await new RecordingCopy(new CopyRequest { Inputs = [input], Output = folder["out.mcap"], Reader = new RecordingReaderOptions { Query = query } }).RunAsync(Cancellation);

        var all = await RecordingFiles.MessagesAsync(input);
        var expected = all.Where(line => !line.StartsWith("/b", StringComparison.Ordinal) && int.Parse(line.Split(' ')[1]) is >= 200 and <= 400).ToList();
        (await RecordingFiles.MessagesAsync(folder["out.mcap"])).ShouldBe(expected, ignoreOrder: true);
        report.MessagesWritten.ShouldBe(42);
        report.HasLoss.ShouldBeFalse();

        var seen = await RecordingInspector.InspectAsync(folder["out.mcap"], full: false, new RecordingReaderOptions(), null, Cancellation);
        seen.Attachments.Select(attachment => attachment.Name).ShouldBe(["notes.txt"]);
        seen.Metadata.ShouldContain(group => group.Name == "vehicle" && group.Values["id"] == "V1");
        seen.Channels.Select(channel => (channel.Topic, channel.Schema, channel.Messages)).ShouldBe([("/a", "demo_msgs/msg/Point", 21), ("/c", "demo_msgs/msg/Point", 21)]);
    }

    [Fact]
    public async Task A_sort_puts_messages_into_log_time_order_and_loses_none()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(1);
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], [.. Ordered.OrderBy(_ => random.Next())], "/a", "/b");
        await new RecordingCopy(new CopyRequest { Inputs = [input], Output = folder["out.mcap"], Sort = true }).RunAsync(Cancellation);

        var sorted = await RecordingFiles.MessagesAsync(folder["out.mcap"]);
        sorted.Select(line => int.Parse(line.Split(' ')[1])).ShouldBeInOrder();
        sorted.ShouldBe(await RecordingFiles.MessagesAsync(input), ignoreOrder: true);
    }

    [Fact]
    public async Task A_merge_joins_equal_channels_and_keeps_different_ones()
    {
        using var folder = new TemporaryFolder();
        string one = await RecordingFiles.WritePointsAsync(folder["1.mcap"], [0, 20, 40], "/a", "/b");
        string two = await RecordingFiles.WritePointsAsync(folder["2.mcap"], [10, 30], "/a");
        await new RecordingCopy(new CopyRequest { Inputs = [one, two], Output = folder["out.mcap"], Sort = true }).RunAsync(Cancellation);

        var merged = await RecordingFiles.MessagesAsync(folder["out.mcap"]);
        merged.Select(line => string.Join(' ', line.Split(' ')[..2])).ShouldBe(["/a 0", "/b 0", "/a 10", "/a 20", "/b 20", "/a 30", "/a 40", "/b 40"]);
        var seen = await RecordingInspector.InspectAsync(folder["out.mcap"], full: true, new RecordingReaderOptions(), null, Cancellation);
        seen.Channels.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_split_by_time_cuts_at_multiples_from_the_first_message()
    {
        using var folder = new TemporaryFolder();
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], Ordered, "/a");
        var report = await new RecordingCopy(new CopyRequest { Inputs = [input], Output = folder["parts"], Split = new SplitRule { EveryNs = 300_000_000 } }).RunAsync(Cancellation);
        report.Outputs.Select(output => (Path.GetFileName(output.File), output.Messages)).ShouldBe([("0000.mcap", 30), ("0001.mcap", 30), ("0002.mcap", 30), ("0003.mcap", 10)]);

        var parts = new List<string>();
        foreach (var output in report.Outputs) parts.AddRange(await RecordingFiles.MessagesAsync(output.File));
        parts.ShouldBe(await RecordingFiles.MessagesAsync(input));
    }

    [Fact]
    public async Task A_split_by_size_or_topic_keeps_every_message_once()
    {
        using var folder = new TemporaryFolder();
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], Ordered, "/a", "/b/c");
        foreach (var (name, rule, count) in new[] { ("size", new SplitRule { Bytes = 1000 }, 5), ("topic", new SplitRule { ByTopic = true }, 2) })
        {
            var report = await new RecordingCopy(new CopyRequest { Inputs = [input], Output = folder[name], Split = rule }).RunAsync(Cancellation);
            report.Outputs.Count.ShouldBeGreaterThanOrEqualTo(count);
            var parts = new List<string>();
            foreach (var output in report.Outputs) parts.AddRange(await RecordingFiles.MessagesAsync(output.File));
            parts.ShouldBe(await RecordingFiles.MessagesAsync(input), ignoreOrder: true);
        }

        File.Exists(folder["topic/b_c.mcap"]).ShouldBeTrue();
    }

    [Fact]
    public async Task A_recovered_recording_holds_what_was_intact_and_the_report_says_what_was_not()
    {
        using var folder = new TemporaryFolder();
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], Ordered, "/a");
        var all = await RecordingFiles.MessagesAsync(input);
        byte[] bytes = await File.ReadAllBytesAsync(input, Cancellation);
        await File.WriteAllBytesAsync(folder["cut.mcap"], bytes[..(bytes.Length / 2)], Cancellation);

        var report = await new RecordingCopy(new CopyRequest { Inputs = [folder["cut.mcap"]], Output = folder["out.mcap"] }).RunAsync(Cancellation);
        report.HasLoss.ShouldBeTrue();
        report.Losses[0].Loss.Offset.ShouldBeLessThanOrEqualTo(bytes.Length / 2);
        var recovered = await RecordingFiles.MessagesAsync(folder["out.mcap"]);
        recovered.Count.ShouldBeGreaterThan(10);
        recovered.ShouldBe(all[..recovered.Count]);
        report.MessagesWritten.ShouldBe(recovered.Count);
    }

    [Fact]
    public async Task An_existing_file_is_left_alone_unless_it_is_to_be_replaced()
    {
        using var folder = new TemporaryFolder();
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], [0, 1], "/a");
        await File.WriteAllTextAsync(folder["out.mcap"], "mine", Cancellation);
        var request = new CopyRequest { Inputs = [input], Output = folder["out.mcap"] };
        (await Should.ThrowAsync<MeshException>(async () => await new RecordingCopy(request).RunAsync(Cancellation))).Code.ShouldBe("MESH10601");
        (await File.ReadAllTextAsync(folder["out.mcap"], Cancellation)).ShouldBe("mine");

        await new RecordingCopy(request with { Overwrite = true }).RunAsync(Cancellation);
        (await RecordingFiles.MessagesAsync(folder["out.mcap"])).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_failed_copy_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        string input = await RecordingFiles.WritePointsAsync(folder["in.mcap"], [0, 1], "/a");
        var request = new CopyRequest { Inputs = [input, folder["absent.mcap"]], Output = folder["out.mcap"] };
        await Should.ThrowAsync<MeshException>(async () => await new RecordingCopy(request).RunAsync(Cancellation));
        Directory.GetFiles(folder.Path).Select(Path.GetFileName).ShouldBe(["in.mcap"]);
    }
}
