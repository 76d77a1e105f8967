using Mesh.Streaming.Topologies;
using Mesh.Testing;

namespace Mesh.Streaming.Tests.Topologies;

public class TopologyTests
{
    private const string Header = "apiVersion: mesh/v1\nkind: Topology\nmetadata: { name: t }\n";

    private enum Colour
    {
        Red,
        DarkBlue,
    }

    [Fact]
    public void The_default_topology_has_no_errors_and_says_what_it_produces()
    {
        var topology = Topology.Parse(File.ReadAllText(Path.Combine(Repository.Root, "topologies", "fleet-ingest.yaml")), "fleet-ingest.yaml");

        var products = ProductsSection.Read(topology);
        var limits = LimitsSection.Read(topology);

        topology.Errors.All.ShouldBeEmpty();
        topology.Name.ShouldBe("fleet-ingest");
        topology.Group.ShouldBe("mesh.ingest");
        topology.SourceTopic.ShouldBe("fleet.uploads.v1");
        products.ShouldContain(new ProductEntry("perception.frames", null, "frames", null));
        products.ShouldContain(new ProductEntry("chassis.imu", "sensor_msgs/msg/Imu", null, null));
        limits.ShouldBe(new LimitsSection(512L << 20, 2));
        topology.Section("synchronise")!.Items[0].Get("inputs")!.Items.Count.ShouldBe(6);
    }

    [Fact]
    public void The_group_is_named_after_the_topology_by_default() => Parse("").Group.ShouldBe("mesh.t");

    [Fact]
    public void The_version_is_declared_and_from_two_on_part_of_the_names_of_group_and_tables()
    {
        var first = Parse("");
        (first.Version, first.VersionNumber).ShouldBe(("1", 1));
        first.Tables.OfMessages("sensor_msgs/msg/Imu", "").ToString().ShouldBe("raw.sensor_msgs_imu");
        first.From.ShouldBe(SourceStart.Applied);

        var second = Topology.Parse(Header.Replace("name: t", "name: t, version: 2") + "source: { group: g, from: earliest }\npartition: { namespace: fleet_a }\n", "t.yaml");
        second.Errors.All.ShouldBeEmpty();
        (second.Version, second.VersionNumber, second.Group, second.From).ShouldBe(("2", 2, "g-v2", SourceStart.Earliest));
        second.Tables.OfMessages("sensor_msgs/msg/Imu", "").ToString().ShouldBe("fleet_a.sensor_msgs_imu_v2");
        second.Tables.OfSynchronised("frames").ToString().ShouldBe("fleet_a.synchronised_frames_v2");
    }

    [Theory]
    [InlineData("name: t, version: 0", "", "metadata.version: 0 must be a whole number from 1 to 9999")]
    [InlineData("name: t, version: two", "", "metadata.version: 'two' is not a whole number")]
    [InlineData("name: t", "partition: { namespace: mesh }", "partition.namespace: 'mesh' holds Mesh's own tables")]
    [InlineData("name: t", "partition: { namespace: A-b }", "partition.namespace: 'A-b' must be lower-case letters")]
    [InlineData("name: t", "source: { from: latest }", "source.from: 'latest' is none of applied, earliest.")]
    public void Versions_namespaces_and_starts_that_are_none_are_reported(string metadata, string sections, string message) =>
        Topology.Parse(Header.Replace("name: t", metadata) + sections, "t.yaml").Errors.All.ShouldHaveSingleItem().Message.ShouldStartWith(message);

    [Theory]
    [InlineData("decode: { onCorrupt: fail }", "decode:\n  # a comment\n  onCorrupt:   \"fail\"\n")]
    [InlineData("partition: { sortBy: [a], by: [b, c] }", "partition:\n  by: [ b,c ]\n  sortBy:\n    - a\n")]
    [InlineData("products: []\ntriggers: []", "products: []\ntriggers:\n  - { name: x }")]
    [InlineData("limits: { parallelism: 2 }", "limits: { parallelism: 9 }")]
    [InlineData("decode:\n", "")]
    public void Comments_formatting_key_order_and_what_does_not_decide_about_tables_leave_the_version(string one, string other) =>
        Parse(one).Digest.ShouldBe(Parse(other).Digest);

    [Theory]
    [InlineData("decode: { onCorrupt: fail }", "decode: { onCorrupt: deadLetter }")]
    [InlineData("partition: { by: [a, b] }", "partition: { by: [b, a] }")]
    [InlineData("partition: { by: [\"a,b\"] }", "partition: { by: [a, b] }")]
    [InlineData("decode: { a: b }", "partition: { a: b }")]
    [InlineData("decode: { a: { b: c } }", "decode: { a: b }")]
    public void What_decides_about_tables_changes_the_version(string one, string other)
    {
        Parse(one).Digest.ShouldNotBe(Parse(other).Digest);
        Parse(one).Digest.ShouldMatch("^[0-9a-f]{12}$");
    }

    [Fact]
    public void Every_mistake_is_reported_with_its_place_and_a_remedy()
    {
        var topology = Topology.Parse(
            """
            apiVersion: mesh/v2
            kind: Topology
            metadata: { name: Fleet Ingest, ownr: platform }
            partitions: { by: [x] }
            limits: { memory: lots, parallelism: 0, maxMessage: 1GiB }
            """, "wrong.yaml");
        LimitsSection.Read(topology);

        topology.Errors.All.Select(error => error.ToString()).ShouldBe(
        [
            "wrong.yaml:1:13: apiVersion: 'mesh/v2' is not known here; write mesh/v1.",
            "wrong.yaml:3:19: metadata.name: 'Fleet Ingest' must be lower-case letters, digits and '-', beginning with a letter, at most 63.",
            "wrong.yaml:3:33: metadata has no 'ownr'. Did you mean 'owner'?",
            "wrong.yaml:4:1: The topology has no 'partitions'. Did you mean 'partition'?",
            "wrong.yaml:5:19: limits.memory: 'lots' is not a size in bytes or with its unit (KiB, MiB, GiB, KB, MB, GB), for example 256MiB.",
            "wrong.yaml:5:38: limits.parallelism must be from 1 to 256.",
            "wrong.yaml:5:53: limits.maxMessage must be from one byte to 255MiB, which is what a page of a data file holds.",
        ]);
    }

    [Theory]
    [InlineData("", 1, "empty")]
    [InlineData("- a\n- b\n", 1, "mapping")]
    [InlineData("a: [1, 2\nb: 3\n", 1, "not YAML")]
    [InlineData("a: 1\na: 2\n", 2, "not YAML")]
    [InlineData("a: 1\n---\nb: 2\n", 1, "several documents")]
    [InlineData("a: &x [1]\nb: *x\n", 2, "Aliases")]
    [InlineData("a: \"unfinished\n", 1, "not YAML")]
    public void A_file_that_is_no_topology_at_all_is_one_error_with_a_line(string yaml, int line, string reason)
    {
        var topology = Topology.Parse(yaml, "x.yaml");

        var error = topology.Errors.All.ShouldHaveSingleItem();
        error.Message.ShouldContain(reason);
        error.Line.ShouldBeInRange(line, line + 1);
        topology.Section("decode").ShouldBeNull();
        topology.Name.ShouldBe("");
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    public void Nesting_without_end_is_refused_before_it_is_loaded(string open, string close)
    {
        string yaml = "decode: " + string.Concat(Enumerable.Repeat(open, 50_000)) + string.Concat(Enumerable.Repeat(close, 50_000));

        Topology.Parse(yaml, "x.yaml").Errors.All.ShouldHaveSingleItem().Message.ShouldContain("nested deeper");
    }

    [Fact]
    public void A_value_of_the_wrong_kind_is_reported_once_and_the_default_taken()
    {
        var topology = Parse("decode: { number: [1], duration: 50, choice: darkblue, flag: maybe, list: x, text: { a: b } }");
        var node = topology.Section("decode")!;

        node.GetInteger("number", 7).ShouldBe(7);
        node.GetInteger("number", 7).ShouldBe(7);
        node.GetDurationNs("duration", 9).ShouldBe(9);
        node.GetChoice("choice", Colour.Red).ShouldBe(Colour.Red);
        node.GetBoolean("flag", true).ShouldBeTrue();
        node.Get("list")!.Items.ShouldBeEmpty();
        node.GetText("text", "").ShouldBe("");
        node.RequireText("missing").ShouldBe("");

        string[] messages = [.. topology.Errors.All.Select(error => error.Message)];
        messages.Length.ShouldBe(7);
        messages.ShouldContain(message => message.Contains("'darkblue' is none of red, darkBlue. Did you mean 'darkBlue'?"));
        messages.ShouldContain("decode needs 'missing'.");
        messages.ShouldContain(message => message.StartsWith("decode.number must be a single value, not a list", StringComparison.Ordinal));
    }

    [Fact]
    public void Values_of_the_right_kind_are_read()
    {
        var topology = Parse("decode: { number: 2000, ratio: 0.8, duration: 50ms, bytes: 256MiB, choice: darkBlue, flag: true }");
        var node = topology.Section("decode")!;

        node.GetInteger("number", 0).ShouldBe(2000);
        node.GetNumber("ratio", 0).ShouldBe(0.8);
        node.GetDurationNs("duration", 0).ShouldBe(50_000_000);
        node.GetBytes("bytes", 0).ShouldBe(256L << 20);
        node.GetChoice("choice", Colour.Red).ShouldBe(Colour.DarkBlue);
        node.GetBoolean("flag", false).ShouldBeTrue();
        node.Get("choice")!.Path.ShouldBe("decode.choice");
        node.Keys.ShouldBe(["number", "ratio", "duration", "bytes", "choice", "flag"]);
        topology.Errors.All.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("products:\n  - { name: a.b, from: { schema: S, synchronise: frames } }", "not both")]
    [InlineData("products:\n  - { name: a.b, from: {} }", "has neither")]
    [InlineData("products:\n  - { name: a.b }", "needs 'from'")]
    [InlineData("products:\n  - { name: A B, from: { schema: S } }", "not a product name")]
    [InlineData("products:\n  - { name: a, from: { schema: S } }\n  - { name: a, from: { schema: T } }", "declared twice")]
    [InlineData("synchronise:\n  - { name: frames }\nproducts:\n  - { name: a, from: { synchronise: frame } }", "Did you mean 'frames'?")]
    [InlineData("products:\n  - { name: a, from: { schema: S }, contact: x }", "Did you mean 'contract'?")]
    public void A_product_that_is_declared_wrongly_is_reported(string yaml, string reason)
    {
        var topology = Parse(yaml);

        ProductsSection.Read(topology).Count.ShouldBeLessThan(2);

        topology.Errors.All.ShouldHaveSingleItem().Message.ShouldContain(reason);
    }

    [Fact]
    public void Mutated_files_never_do_more_than_report()
    {
        var random = new Random(20261122);
        string valid = File.ReadAllText(Path.Combine(Repository.Root, "topologies", "fleet-ingest.yaml"));
        const string Alphabet = "{}[]:,-#&*!|>'\"%@`? \n\tab0\0é";
        int withErrors = 0;
        for (int round = 0; round < 2_000; round++)
        {
            char[] text = valid.ToCharArray();
            for (int changes = random.Next(1, 6); changes > 0; changes--) text[random.Next(text.Length)] = Alphabet[random.Next(Alphabet.Length)];
            string yaml = new(text, 0, random.Next(4) == 0 ? random.Next(text.Length) : text.Length);

            var topology = Topology.Parse(yaml, "mutated.yaml");
            ProductsSection.Read(topology);
            LimitsSection.Read(topology);

            if (topology.Errors.All.Count > 0) withErrors++;
            topology.Errors.All.ShouldAllBe(error => error.Line >= 1 && error.Column >= 1 && error.Message.Length > 0);
        }

        withErrors.ShouldBeInRange(200, 2_000);
    }

    private static Topology Parse(string sections)
    {
        var topology = Topology.Parse(Header + sections, "t.yaml");
        topology.Errors.All.ShouldBeEmpty();
        return topology;
    }
}
