using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Tables;
using Mesh.Model;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace Mesh.Console.Tests.Data;

public class ProductsPageTests
{
    [Fact]
    public async Task Products_are_listed_by_one_query_and_names_of_others_are_escaped()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.HasProducts(DataStandIns.Summary("chassis.imu"), DataStandIns.Summary("<script>alert(1)</script>"));

        var (status, html) = await console.GetAsync("/products?owner=platform&fresh=week&sort=-rows&page=2");

        status.ShouldBe(200);
        html.ShouldContain("/products/chassis.imu");
        html.ShouldContain("&lt;script&gt;alert(1)");
        html.ShouldNotContain("<script>alert");
        await console.Services.Queries.Received(1).ListProductsAsync(
            Arg.Is<ProductQuery>(query => query.Owner == "platform" && query.Sort == ProductSort.Rows && query.Descending && query.Page == 2 && query.UpdatedFrom != null), Arg.Any<CancellationToken>());
        await console.Services.Queries.DidNotReceive().FindTableAsync(Arg.Any<string>(), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task A_product_that_is_later_than_its_limit_says_so_in_a_word_and_a_sentence()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.HasProducts(DataStandIns.Summary("slow.one", freshnessSeconds: 1), DataStandIns.Summary("free.one"));

        var (_, html) = await console.GetAsync("/products");

        html.ShouldContain("late");
        html.ShouldContain("limit 1.0 s.");
        html.ShouldContain("no limit");
    }

    [Fact]
    public async Task No_products_and_no_match_are_different_sentences()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.HasProducts();

        (await console.GetAsync("/products")).Html.ShouldContain("No products yet.");
        (await console.GetAsync("/products?q=nothing")).Html.ShouldSatisfyAllConditions(html => html.ShouldContain("No product matches."), html => html.ShouldNotContain("No products yet."));
    }

    [Fact]
    public async Task A_catalogue_that_does_not_answer_is_an_error_with_its_code_and_never_an_empty_list()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.ListProductsAsync(Arg.Any<ProductQuery>(), Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH8199", "The catalogue is away.", isTransient: true));

        var (status, html) = await console.GetAsync("/products");

        status.ShouldBe(503);
        html.ShouldContain("MESH8199");
        html.ShouldNotContain("No products yet.");
    }

    [Fact]
    public async Task A_product_that_there_is_not_is_404_with_those_whose_names_are_near()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.FindTableAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns((TableDetailsView?)null);
        console.Services.Queries.HasProducts(DataStandIns.Summary("chassis.imu"));

        var (status, html) = await console.GetAsync("/products/chassis.imo");

        status.ShouldBe(404);
        html.ShouldContain("href=\"/products/chassis.imu\"");
    }

    [Fact]
    public async Task Columns_are_shown_with_what_they_mean_and_what_nobody_documented_is_said()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.HasTable();

        var (status, html) = await console.GetAsync("/products/chassis.imu?tab=schema");

        status.ShouldBe(200);
        html.ShouldContain("Pseudonym of the vehicle");
        html.ShouldContain("&lt;script&gt;alert(1)&lt;/script&gt; m/s");
        html.ShouldNotContain("<script>alert");
    }

    [Fact]
    public async Task Two_snapshots_are_compared_file_by_file()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.HasTable();
        Files(console.Services.Queries, "11", "a.parquet", "b.parquet");
        Files(console.Services.Queries, "22", "b.parquet", "c.parquet");

        var (status, html) = await console.GetAsync("/products/chassis.imu?tab=snapshots&a=11&b=22");

        status.ShouldBe(200);
        html.ShouldContain("600 → 1,200");
        html.ShouldContain("a.parquet");
        html.ShouldContain("c.parquet");
        html.ShouldNotContain("b.parquet");
    }

    [Fact]
    public async Task A_condition_that_cannot_be_read_stays_in_the_form_beside_what_is_wrong_with_it()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.HasTable();
        console.Services.Queries.HeadAsync(Arg.Any<string>(), Arg.Any<HeadQuery>(), Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH10912", "At 5 expected a literal."));

        var (status, html) = await console.GetAsync("/products/chassis.imu?tab=rows&where=speed%20%3E");

        status.ShouldBe(400);
        html.ShouldContain("value=\"speed &gt;\"");
        html.ShouldContain("At 5 expected a literal.");
    }

    private static void Files(IMeshQueries queries, string at, params string[] names) =>
        queries.ListFilesAsync(Arg.Any<string>(), Arg.Is<FileQuery>(query => query.At == at), Arg.Any<CancellationToken>()).Returns(new FilesView(
            [.. names.Select(name => new DataFileView("file:///lake/" + name, new Dictionary<string, string?>(), 100, 1_000, 1, []))], true, new ScanView(1, 0, names.Length, 0)));
}
