using System.Text.RegularExpressions;
using Mesh.Lakehouse.Maintenance;

namespace Mesh.Streaming.Topologies;

/// <summary>Reads <c>products</c>: names for what the topology writes.</summary>
public static partial class ProductsSection
{
    // Beginnings of the names under which Mesh's own events go.
    private static readonly string[] OwnTopics = ["mesh.", "fleet.", "lake.", "job.", "model.", "_"];

    /// <summary>The products in file order; what is wrong is added to the topology's errors and left out.</summary>
    public static IReadOnlyList<ProductEntry> Read(Topology topology)
    {
        if (topology.Section("products") is not { } section) return [];
        string[] groups = [.. GroupsOf(topology)];
        List<ProductEntry> products = [];
        foreach (var item in section.Items)
        {
            item.AllowKeys("name", "from", "contract", "tier", "publish", "freshness");
            string name = item.RequireText("name");
            var (schema, group) = ReadSource(item, groups);
            if (name.Length == 0) continue;
            if (!NamePattern().IsMatch(name))
            {
                item.Get("name")!.Report($"'{name}' is not a product name: lower-case words with digits, '_' and '-', joined by dots, for example chassis.imu.");
            }
            else if (products.Any(product => product.Name == name))
            {
                item.Get("name")!.Report($"The product {name} is declared twice; give one of them another name.");
            }
            else if (schema is not null || group is not null)
            {
                products.Add(new ProductEntry(name, schema, group, item.Get("contract")?.AsText())
                {
                    Tiers = ReadTiers(item.Get("tier")), Topic = ReadTopic(item.Get("publish"), schema, group, topology, products), Freshness = ReadFreshness(item),
                });
            }
        }

        return products;
    }

    private static (string? Schema, string? Group) ReadSource(TopologyNode item, string[] groups)
    {
        if (item.Get("from") is not { } from)
        {
            item.Report($"{item.Path} needs 'from', either {{ schema: sensor_msgs/msg/Imu }} or {{ synchronise: NAME }}.");
            return default;
        }

        from.AllowKeys("schema", "synchronise");
        string schema = from.GetText("schema", "");
        string group = from.GetText("synchronise", "");
        if ((schema.Length > 0) == (group.Length > 0))
        {
            from.Report($"{from.Path} needs either 'schema' or 'synchronise', {(schema.Length > 0 ? "not both" : "and has neither")}.");
            return default;
        }

        if (group.Length > 0 && !groups.Contains(group, StringComparer.Ordinal))
        {
            string known = groups.Length == 0 ? " The section 'synchronise' declares none." : $" Declared are {string.Join(", ", groups)}.";
            from.Get("synchronise")!.Report($"There is no synchronised group '{group}'.{Spelling.Hint(group, groups)}{known}");
            return default;
        }

        return (schema.Length > 0 ? schema : null, group.Length > 0 ? group : null);
    }

    private static IReadOnlyList<TierRule> ReadTiers(TopologyNode? tiers)
    {
        if (tiers is null) return [];
        var rules = new List<TierRule>();
        foreach (var item in tiers.Items)
        {
            item.AllowKeys("after", "class", "unread");
            var after = item.Get("after") is null ? TimeSpan.Zero : Duration(item, "after");
            string storageClass = item.RequireText("class");
            if (after <= TimeSpan.Zero) item.Report($"{item.Path} needs 'after', the age from which files move, for example 30d.");
            else if (storageClass.Length > 0 && !ClassPattern().IsMatch(storageClass)) item.Get("class")!.Report($"'{storageClass}' is not a storage class: expected a word such as STANDARD_IA or GLACIER_IR.");
            else if (rules.Count > 0 && rules[^1].After >= after) item.Report($"{item.Path} must be later than the rule before it: colder classes come after warmer ones.");
            else if (storageClass.Length > 0) rules.Add(new TierRule(after, storageClass, Duration(item, "unread")));
        }

        return rules;
    }

    private static ProductTopic? ReadTopic(TopologyNode? publish, string? schema, string? group, Topology topology, List<ProductEntry> others)
    {
        if (publish is null) return null;
        publish.AllowKeys("topic", "as");
        var form = publish.GetChoice("as", PublishForm.Rows);
        string topic = publish.RequireText("topic");
        if (form == PublishForm.Telemetry && schema is null) publish.Get("as")!.Report("Only messages are published as telemetry; publish frames as rows, or a product made from a schema.");
        if (topic.Length == 0) return null;
        string? problem =
            !TopicPattern().IsMatch(topic) ? "is not a topic: letters, digits, '.', '_' and '-', at most 249, for example perception.frames.rows.v1"
            : OwnTopics.Any(prefix => topic.StartsWith(prefix, StringComparison.Ordinal)) || topic == topology.SourceTopic ? "carries Mesh's own events; take another name, for example perception.frames.rows.v1"
            : others.Exists(other => other.Topic?.Name == topic) ? "has the rows of another product already; give each product a topic of its own"
            : null;
        if (problem is null) return new ProductTopic(topic, form, schema ?? group!);
        publish.Get("topic")!.Report($"The topic '{topic}' {problem}.");
        return null;
    }

    private static TimeSpan? ReadFreshness(TopologyNode item)
    {
        if (item.Get("freshness") is not { } node) return null;
        var limit = Duration(item, "freshness");
        if (limit <= TimeSpan.Zero) node.Report($"{node.Path} is the longest time without a commit, for example 24h.");
        return limit;
    }

    private static TimeSpan Duration(TopologyNode item, string key) => TimeSpan.FromTicks(item.GetDurationNs(key, 0) / TimeSpan.NanosecondsPerTick);

    private static IEnumerable<string> GroupsOf(Topology topology) =>
        from item in topology.Section("synchronise")?.Items ?? []
        let name = item.GetText("name", "")
        where name.Length > 0
        select name;

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,249}$")]
    private static partial Regex TopicPattern();

    [GeneratedRegex("^[A-Z][A-Z0-9_]{0,63}$")]
    private static partial Regex ClassPattern();

    [GeneratedRegex(@"^[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$")]
    private static partial Regex NamePattern();
}
