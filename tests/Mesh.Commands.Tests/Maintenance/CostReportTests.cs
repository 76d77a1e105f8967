using Mesh.Commands.Maintenance;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Maintenance;

public sealed class CostReportTests : IDisposable
{
    private const long Gib = 1L << 30;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Costs_are_bytes_and_requests_times_prices_and_savings_the_difference()
    {
        var prices = Read(
            """
            currency: EUR
            classes:
              STANDARD: { storageGibMonth: 0.02, write1000: 0.005, read1000: 0.0004 }
              COLD: { storageGibMonth: 0.005, move1000: 0.01 }
            """);
        var storage = new ProductStorage
        {
            Product = "chassis.imu",
            Table = "raw.imu",
            Usage =
            [
                new StorageUsage("COLD", StorageKind.Current, 10, 1000 * Gib), new StorageUsage("STANDARD", StorageKind.Current, 1000, 100 * Gib),
                new StorageUsage("STANDARD", StorageKind.History, 50, 20 * Gib), new StorageUsage("STANDARD", StorageKind.Unreferenced, 5, 5 * Gib),
            ],
            Due = [new TierTotal("STANDARD", "COLD", 800, 80 * Gib)],
            HasTierRules = true,
            Commits = 200,
            FilesWritten = 1000,
            Reads = 100,
            FilesRead = 700,
        };

        var report = CostReport.Of([storage], prices);

        var product = report.Products.ShouldHaveSingleItem();
        product.StorageCost.ShouldBe((1000 * 0.005m) + (125 * 0.02m));
        product.RequestCost.ShouldBe((2000 * 0.005m / 1000) + (1000 * 0.0004m / 1000));
        product.TieringSaves.ShouldBe(80 * 0.015m);
        product.TieringCostsOnce.ShouldBe(800 * 0.01m / 1000);
        product.CleaningSaves.ShouldBe(25 * 0.02m);
        report.MonthlyCost.ShouldBe(product.StorageCost + product.RequestCost);
        report.Bytes.ShouldBe(1125 * Gib);
        report.UnpricedClasses.ShouldBeEmpty();

        CostReport.Of([storage], Read("currency: EUR\nclasses:\n  STANDARD: { storageGibMonth: 1 }\n")).UnpricedClasses.ShouldBe(["COLD"]);
        CostReport.Of([storage], null).MonthlyCost.ShouldBeNull();
    }

    [Theory]
    [InlineData("classes:\n  STANDARD: { storageGibMonth: cheap }\n", ":2: 'cheap' is not a price")]
    [InlineData("classes:\n  STANDARD: { storage: 1 }\n", ":2: there is no price 'storage'")]
    [InlineData("currency: EUR\n", "it has no classes")]
    [InlineData("price: 1\n", ":1: there is no 'price'")]
    [InlineData("- 1\n", "expected 'currency' and 'classes'")]
    public void A_wrong_price_table_is_refused_with_its_line(string yaml, string expected)
    {
        var error = Should.Throw<MeshException>(() => Read(yaml));
        error.Code.ShouldBe("MESH11082");
        error.Message.ShouldContain(expected);
    }

    [Fact]
    public void The_example_is_understood() =>
        PriceTable.Load(Path.Combine(Repository.Root, "deploy", "prices", "example.yaml")).Classes.Keys.ShouldBe(["STANDARD", "STANDARD_IA", "GLACIER_IR"]);

    private PriceTable Read(string yaml)
    {
        string path = folder[$"{Guid.NewGuid():N}.yaml"];
        File.WriteAllText(path, yaml);
        return PriceTable.Load(path);
    }
}
