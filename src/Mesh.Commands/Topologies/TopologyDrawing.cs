using System.Globalization;
using System.Text;
using Mesh.Streaming.Topologies;
using Mesh.Trigger;

namespace Mesh.Commands.Topologies;

/// <summary>Draws a topology's graph: what it reads, the tables it makes, their products and what these start.</summary>
internal static class TopologyDrawing
{
    /// <summary>As text, line by line.</summary>
    public static IReadOnlyList<string> Tree(TopologyPlan plan)
    {
        var lines = new List<string>();
        Write(Graph(plan), "", "", lines);
        int width = lines.Max(line => line.IndexOf('\t') is var tab and >= 0 ? tab : 0);
        return [.. lines.Select(line => line.Split('\t') is [var label, var detail] ? $"{label.PadRight(width)}  {detail}" : line)];
    }

    /// <summary>As a Mermaid flowchart.</summary>
    public static string Mermaid(TopologyPlan plan)
    {
        var text = new StringBuilder("flowchart LR\n");
        int count = 0;
        Write(Graph(plan), null, text, ref count);
        return text.ToString();
    }

    /// <summary>How the tables are called that come from messages no product names.</summary>
    public static string TablesOfTheRest(Topology topology) => $"{topology.Tables.Namespace}.*{(topology.VersionNumber == 1 ? "" : $"_v{topology.Version}")}";

    private static Node Graph(TopologyPlan plan)
    {
        var topology = plan.Topology;
        var decode = new Node("decode", ChannelsOf(plan), NodeShape.Stage);
        foreach (var item in topology.Section("synchronise")?.Items ?? [])
        {
            string name = item.GetText("name", "");
            int inputs = item.Get("inputs")?.Items.Count ?? 0;
            var group = new Node($"synchronise {name}", $"{inputs} inputs", NodeShape.Stage);
            group.Children.Add(TableNode(plan, topology.Tables.OfSynchronised(name).ToString(), product => product.Synchronise == name));
            decode.Children.Add(group);
        }

        foreach (var schema in ProductsSection.Read(topology).Where(product => product.Schema is not null).GroupBy(product => product.TableIn(topology.Tables).ToString()))
        {
            decode.Children.Add(TableNode(plan, schema.Key, product => product.Schema is not null && product.TableIn(topology.Tables).ToString() == schema.Key));
        }

        decode.Children.Add(new Node(TablesOfTheRest(topology), "one table per message schema", NodeShape.Table));
        return new Node(topology.SourceTopic, $"group {topology.Group}", NodeShape.Topic) { Children = { decode } };
    }

    private static Node TableNode(TopologyPlan plan, string table, Func<ProductEntry, bool> isOf)
    {
        var node = new Node(table, "", NodeShape.Table);
        foreach (var product in ProductsSection.Read(plan.Topology).Where(isOf))
        {
            var child = new Node($"product {product.Name}", "", NodeShape.Product);
            foreach (var rule in plan.Triggers.Where(rule => rule.Products.Contains(product.Name)))
            {
                child.Children.Add(new Node($"trigger {rule.Name}", $"{rule.Inputs.First(input => input.Product == product.Name).When}: {rule.Job.Trainer} on {rule.Job.Pool}", NodeShape.Trigger));
            }

            if (product.Topic is not null) child.Children.Add(new Node(product.Topic.Name, product.Topic.Form == PublishForm.Telemetry ? "its rows as telemetry" : "its rows as JSON", NodeShape.Topic));
            node.Children.Add(child);
        }

        return node;
    }

    private static string ChannelsOf(TopologyPlan plan)
    {
        var rules = plan.Ingest.Decode.Channels;
        return rules.Count == 0 ? "every channel" : string.Join(", ", rules.Select(rule => rule.ToString()));
    }

    private static void Write(Node node, string first, string rest, List<string> lines)
    {
        lines.Add(node.Detail.Length == 0 ? first + node.Label : $"{first}{node.Label}\t{node.Detail}");
        for (int i = 0; i < node.Children.Count; i++)
        {
            bool last = i == node.Children.Count - 1;
            Write(node.Children[i], rest + (last ? "└─ " : "├─ "), rest + (last ? "   " : "│  "), lines);
        }
    }

    private static void Write(Node node, string? parent, StringBuilder text, ref int count)
    {
        string id = $"n{count++}";
        // Mermaid reads quotes and brackets of a label as its own; its entities stand for them.
        string label = (node.Detail.Length == 0 ? node.Label : $"{node.Label}<br/>{node.Detail}").Replace("\"", "#quot;", StringComparison.Ordinal);
        var (open, close) = node.Shape switch
        {
            NodeShape.Topic => ("[[", "]]"),
            NodeShape.Table => ("[(", ")]"),
            NodeShape.Product => ("([", "])"),
            NodeShape.Trigger => ("{{", "}}"),
            _ => ("[", "]"),
        };
        text.Append(CultureInfo.InvariantCulture, $"  {id}{open}\"{label}\"{close}\n");
        if (parent is not null) text.Append(CultureInfo.InvariantCulture, $"  {parent} --> {id}\n");
        foreach (var child in node.Children) Write(child, id, text, ref count);
    }

    private enum NodeShape
    {
        Topic,
        Stage,
        Table,
        Product,
        Trigger,
    }

    private sealed record Node(string Label, string Detail, NodeShape Shape)
    {
        public List<Node> Children { get; } = [];
    }
}
