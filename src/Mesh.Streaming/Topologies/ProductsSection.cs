using System.Text.RegularExpressions;

namespace Mesh.Streaming.Topologies;

/// <summary>Reads <c>products</c>: names for what the topology writes.</summary>
public static partial class ProductsSection
{
    /// <summary>The products in file order; what is wrong is added to the topology's errors and left out.</summary>
    public static IReadOnlyList<ProductEntry> Read(Topology topology)
    {
        if (topology.Section("products") is not { } section) return [];
        string[] groups = [.. GroupsOf(topology)];
        List<ProductEntry> products = [];
        foreach (var item in section.Items)
        {
            item.AllowKeys("name", "from", "contract");
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
                products.Add(new ProductEntry(name, schema, group, item.Get("contract")?.AsText()));
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

    private static IEnumerable<string> GroupsOf(Topology topology) =>
        from item in topology.Section("synchronise")?.Items ?? []
        let name = item.GetText("name", "")
        where name.Length > 0
        select name;

    [GeneratedRegex(@"^[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$")]
    private static partial Regex NamePattern();
}
