using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Tables;
using NSubstitute;

namespace Mesh.Console.Tests.Data;

/// <summary>A product as the stand-ins answer it.</summary>
internal static class DataStandIns
{
    public const string Table = "raw.sensor_msgs_imu";

    public static readonly DateTimeOffset Committed = new(2026, 11, 30, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Lists products, whatever is asked for.</summary>
    public static void HasProducts(this IMeshQueries queries, params ProductSummary[] products) =>
        queries.ListProductsAsync(Arg.Any<ProductQuery>(), Arg.Any<CancellationToken>()).Returns(new Page<ProductSummary>(products, products.Length, 1, 100));

    public static ProductSummary Summary(string name, double? freshnessSeconds = null) =>
        new(name, Table, "file:///lake/raw/imu", 7, Committed, 1_200, 12, 3_000_000, 3) { Owner = "platform", FreshnessSeconds = freshnessSeconds, Versions = 1 };

    /// <summary>Has one table with two snapshots, under any name.</summary>
    public static void HasTable(this IMeshQueries queries, string product = "chassis.imu")
    {
        var view = new TableView(Table, product, 1_200, 12, 0, 3_000_000, 2, 2, 2, Committed);
        queries.FindTableAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(new TableDetailsView(
            view, Guid.NewGuid(), "file:///lake/raw/imu", "file:///lake/raw/imu/metadata/2.json",
            [new ProductColumnView("vehicle_id", "string", false, 2), new ProductColumnView("speed", "double", true, 9) { Doc = "<script>alert(1)</script> m/s" }], ["day(log_time)"], ["log_time"],
            [new TableReferenceView("main", "branch", 22), new TableReferenceView("release-1", "tag", 11)],
            [Snapshot(11, null, 600), Snapshot(22, 11, 1_200)], new Dictionary<string, string>()));
    }

    private static TableSnapshotView Snapshot(long id, long? parent, long rows) => new(id, parent, id, Committed, "append", rows, [], new Dictionary<string, string> { ["added-records"] = "600", ["added-data-files"] = "6" });
}
