using Mesh.Broker.Tests.Support;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Clients;

/// <summary>kcat, with Debian's librdkafka.</summary>
public class KcatTests
{
    private static string Kcat => Require.Program("kcat", "apt-get install kcat");

    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task What_kcat_produces_it_consumes_again_whatever_the_compression(string compression)
    {
        string kcat = Kcat;
        await using var broker = await TestBroker.StartAsync();
        string[] lines = [.. Enumerable.Range(0, 2_000).Select(i => $"line {i} {new string('x', i % 97)}")];

        await Command.RunAsync(kcat, string.Join('\n', lines), "-P", "-b", broker.Bootstrap, "-t", "lines", "-z", compression);
        string consumed = await Command.RunAsync(kcat, null, "-C", "-b", broker.Bootstrap, "-t", "lines", "-o", "beginning", "-e", "-q");

        consumed.TrimEnd('\n').Split('\n').ShouldBe(lines);
        var partition = broker.Broker.Describe().Topics.Single().Partitions.Single();
        partition.EndOffset.ShouldBe(2_000);

        // The batches are kept as they came: compressed ones are smaller than the text.
        (partition.Bytes < lines.Sum(line => line.Length)).ShouldBe(compression != "none");
    }

    [Fact]
    public async Task A_group_of_kcat_goes_on_where_it_stopped()
    {
        string kcat = Kcat;
        await using var broker = await TestBroker.StartAsync();
        await Command.RunAsync(kcat, "a\nb\nc", "-P", "-b", broker.Bootstrap, "-t", "letters");
        string first = await Command.RunAsync(kcat, null, "-G", "readers", "-b", broker.Bootstrap, "-X", "auto.offset.reset=earliest", "-c", "3", "-q", "letters");
        await Command.RunAsync(kcat, "d\ne", "-P", "-b", broker.Bootstrap, "-t", "letters");
        await broker.RestartAsync();
        string second = await Command.RunAsync(kcat, null, "-G", "readers", "-b", broker.Bootstrap, "-X", "auto.offset.reset=earliest", "-c", "2", "-q", "letters");

        first.ShouldBe("a\nb\nc\n");
        second.ShouldBe("d\ne\n");
        var group = broker.Broker.Describe().Groups.Single(each => each.Group == "readers");
        group.Offsets.Single().CommittedOffset.ShouldBe(5);
        group.Offsets.Single().Lag.ShouldBe(0);
    }

    [Fact]
    public async Task Metadata_and_offsets_by_time_are_what_kcat_expects()
    {
        string kcat = Kcat;
        await using var broker = await TestBroker.StartAsync();
        await Command.RunAsync(kcat, "a\nb\nc", "-P", "-b", broker.Bootstrap, "-t", "letters", "-X", "linger.ms=0");

        string metadata = await Command.RunAsync(kcat, null, "-L", "-b", broker.Bootstrap);
        string beginning = await Command.RunAsync(kcat, null, "-Q", "-b", broker.Bootstrap, "-t", "letters:0:1");
        string end = await Command.RunAsync(kcat, null, "-Q", "-b", broker.Bootstrap, "-t", "letters:0:-1");

        metadata.ShouldContain("topic \"letters\" with 1 partitions");
        metadata.ShouldContain($"broker 1 at {broker.Bootstrap} (controller)");
        beginning.ShouldContain("letters [0] offset 0");
        end.ShouldContain("letters [0] offset 3");
    }
}
