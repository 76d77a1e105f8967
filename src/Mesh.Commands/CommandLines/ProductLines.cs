namespace Mesh.Commands.CommandLines;

/// <summary>Questions about products and what one can do with them.</summary>
public sealed class ProductLines : IPageLines
{
    private ProductLines()
    {
    }

    /// <inheritdoc/>
    public static string Page => "/products";

    /// <inheritdoc/>
    public static IReadOnlyList<CommandLine> Samples { get; } =
    [
        List, Publish, Show("chassis.imu"), Versions("chassis.imu"), Subscribe("chassis.imu"), Tail("chassis.imu.rows.v1"),
        Head("chassis.imu", ["log_time", "sequence"], "vehicle_id = 'V7' AND sequence < 3", "release-1", 20), Head("chassis.imu", null, null, null, null),
    ];

    /// <summary><c>mesh products list</c>.</summary>
    public static CommandLine List => CommandLine.Of("products", "list");

    /// <summary><c>mesh publish</c>, the first step of a lake without products.</summary>
    public static CommandLine Publish => CommandLine.Of("publish").Argument("drive.mcap").Option("--vehicle", "V7");

    /// <summary><c>mesh products show</c>.</summary>
    public static CommandLine Show(string product) => CommandLine.Of("products", "show").Argument(product);

    /// <summary><c>mesh products versions</c>.</summary>
    public static CommandLine Versions(string product) => CommandLine.Of("products", "versions").Argument(product);

    /// <summary><c>mesh products head</c>.</summary>
    /// <param name="product">The product.</param>
    /// <param name="columns">Top-level columns; null for all.</param>
    /// <param name="where">Condition; null for all rows.</param>
    /// <param name="at">Snapshot id, branch or tag; null for the current snapshot.</param>
    /// <param name="limit">Most rows; null for the default.</param>
    public static CommandLine Head(string product, IReadOnlyList<string>? columns, string? where, string? at, int? limit) => CommandLine.Of("products", "head").Argument(product)
        .Option("--columns", columns is { Count: > 0 } ? string.Join(',', columns) : null).Option("--where", where).Option("--at", at).Option("--limit", LineText.Number(limit));

    /// <summary><c>mesh subscribe</c>, from the beginning on.</summary>
    public static CommandLine Subscribe(string product) => CommandLine.Of("subscribe").Argument(product).Option("--from", "earliest");

    /// <summary><c>mesh topics tail</c> of the topic that has a product's rows.</summary>
    public static CommandLine Tail(string topic) => CommandLine.Of("topics", "tail").Argument(topic);
}
