using Mesh.Commands.CommandLines;
using Mesh.Commands.Queries;

namespace Mesh.Console.Pages.Products;

/// <summary>A way to read a product from outside.</summary>
/// <param name="Title">With what.</param>
/// <param name="Text">What to type.</param>
/// <param name="Hint">What to know about it; null for nothing.</param>
public sealed record ReadingWay(string Title, string Text, string? Hint = null)
{
    /// <summary>The ways there are, with the addresses of this server.</summary>
    public static IReadOnlyList<ReadingWay> Of(ProductFacts facts, StatusView status)
    {
        string table = facts.Table.Summary.Table;
        string catalogue = status.Http is { } http ? http.TrimEnd('/') + "/catalog" : "http://HOST:PORT/catalog";
        string quoted = string.Join('.', table.Split('.').Select(part => $"\"{part}\""));
        var ways = new List<ReadingWay>
        {
            new("Command line", $"{ProductLines.Head(facts.Name, null, null, null, null)}\n{ProductLines.Subscribe(facts.Name)}", "subscribe follows each commit: JSON lines, or Arrow with --format arrow."),
            new("DuckDB", $"ATTACH '' AS mesh (TYPE iceberg, ENDPOINT '{catalogue}', AUTHORIZATION_TYPE 'none');\nSELECT * FROM mesh.{quoted} LIMIT 10;", "With its iceberg extension."),
            new("Spark", $"spark.sql.catalog.mesh=org.apache.iceberg.spark.SparkCatalog\nspark.sql.catalog.mesh.type=rest\nspark.sql.catalog.mesh.uri={catalogue}\n\nSELECT * FROM mesh.{string.Join('.', table.Split('.').Select(part => $"`{part}`"))} LIMIT 10"),
            new("REST catalogue", $"{catalogue}/v1/namespaces/{Uri.EscapeDataString(table[..table.LastIndexOf('.')])}/tables/{Uri.EscapeDataString(table[(table.LastIndexOf('.') + 1)..])}", "The current metadata: " + facts.Table.MetadataUri),
            new("Arrow over HTTP", $"{(status.Http ?? "http://HOST:PORT").TrimEnd('/')}/api/v1/products/{Uri.EscapeDataString(facts.Name)}/scan", "An Arrow stream; columns, where and at narrow it."),
        };
        ways.Add(facts.Entry?.Product.Topic is { } topic
            ? new ReadingWay("Kafka", $"{ProductLines.Tail(topic)}\n# bootstrap servers: {status.Kafka ?? "HOST:PORT"}", $"Any Kafka client: each row is a record of topic {topic}.")
            : new ReadingWay("Kafka", $"{ProductLines.Tail("lake.snapshot-committed.v1")}\n# bootstrap servers: {status.Kafka ?? "HOST:PORT"}", "Its rows are on no topic; each of its commits is announced on this one. The key publish in the topology puts the rows on a topic as well."));
        return ways;
    }
}
