using Mesh.Commands.Queries;
using Mesh.Model;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace Mesh.Console.Tests.Hosting;

public class PageRendererTests
{
    [Fact]
    public async Task A_page_tells_the_browser_to_refuse_inline_and_foreign_scripts()
    {
        await using var console = await ConsoleHost.StartAsync();
        using var response = await console.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        string policy = response.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("default-src 'self'");
        policy.ShouldNotContain("unsafe-inline");
        string html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        html.ShouldNotContain("style=\"");
        html.ShouldNotContain("<script>");
        html.ShouldNotContain("onclick");
    }

    [Fact]
    public async Task An_error_with_a_code_is_a_page_with_the_code_and_the_request()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.GetStatusAsync(Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH9999", "The <b>store</b> is away.", isTransient: true));

        var (status, html) = await console.GetAsync("/");

        status.ShouldBe(503);
        html.ShouldContain("MESH9999");
        html.ShouldContain("The &lt;b&gt;store&lt;/b&gt; is away.");
        html.ShouldContain("request <code>");
    }

    [Fact]
    public async Task A_fault_of_ours_is_a_page_that_says_so_and_nothing_of_its_inside()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.GetStatusAsync(Arg.Any<CancellationToken>()).ThrowsAsync(new InvalidOperationException("secret"));

        var (status, html) = await console.GetAsync("/");

        status.ShouldBe(500);
        html.ShouldContain("fault of Mesh");
        html.ShouldNotContain("secret");
    }

    [Fact]
    public async Task An_address_without_a_page_is_404_for_people_and_for_programs()
    {
        await using var console = await ConsoleHost.StartAsync();
        (await console.GetAsync("/nowhere")).ShouldSatisfyAllConditions(answer => answer.Status.ShouldBe(404), answer => answer.Html.ShouldContain("There is no page /nowhere"));

        console.Client.DefaultRequestHeaders.Remove("Accept");
        (await console.GetAsync("/nowhere")).ShouldBe((404, ""));
    }
}
