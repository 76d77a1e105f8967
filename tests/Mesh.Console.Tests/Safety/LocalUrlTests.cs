using Mesh.Console.Safety;

namespace Mesh.Console.Tests.Safety;

public class LocalUrlTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/recordings?state=written&page=2#top")]
    [InlineData("/vehicles/V%207")]
    public void An_address_of_this_site_is_kept(string url) => LocalUrl.Or(url).ShouldBe(url);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("recordings")]
    [InlineData("/a\r\nSet-Cookie: x=y")]
    [InlineData("/ä")]
    public void An_address_that_could_lead_elsewhere_is_the_overview(string? url) => LocalUrl.Or(url).ShouldBe("/");
}
