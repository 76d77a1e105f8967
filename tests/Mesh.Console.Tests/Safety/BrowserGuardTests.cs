using Mesh.Console.Safety;
using Microsoft.AspNetCore.Http;

namespace Mesh.Console.Tests.Safety;

public class BrowserGuardTests
{
    [Theory]
    [InlineData("localhost:8480", 200)]
    [InlineData("127.0.0.1:8480", 200)]
    [InlineData("127.8.9.1", 200)]
    [InlineData("[::1]:8480", 200)]
    [InlineData("mesh.example", 200)]
    [InlineData("evil.example:8480", 421)]
    [InlineData("127.0.0.1.evil.example", 421)]
    [InlineData("192.168.1.5:8480", 421)]
    public async Task A_listener_on_loopback_answers_to_names_of_loopback_and_those_allowed(string host, int status) =>
        (await SendAsync("GET", host)).ShouldBe(status);

    [Fact]
    public async Task A_listener_beyond_loopback_answers_to_any_name() => (await SendAsync("GET", "mesh.fleet.example", isLoopback: false)).ShouldBe(200);

    [Theory]
    [InlineData("GET", "cross-site", null, 200)]
    [InlineData("POST", "same-origin", null, 200)]
    [InlineData("POST", "none", null, 200)]
    [InlineData("POST", "same-site", null, 403)]
    [InlineData("PATCH", "cross-site", null, 403)]
    [InlineData("DELETE", "cross-site", "http://localhost:8480", 403)]
    [InlineData("POST", null, "http://localhost:8480", 200)]
    [InlineData("POST", null, "http://localhost:9000", 403)]
    [InlineData("POST", null, "http://evil.example", 403)]
    [InlineData("POST", null, "null", 403)]
    [InlineData("POST", null, null, 200)]
    public async Task What_may_change_something_is_refused_from_another_site(string method, string? site, string? origin, int status) =>
        (await SendAsync(method, "localhost:8480", site, origin)).ShouldBe(status);

    private static async Task<int> SendAsync(string method, string host, string? site = null, string? origin = null, bool isLoopback = true)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Host = new HostString(host);
        context.Request.Path = "/api/v1/replays";
        if (site is not null) context.Request.Headers["Sec-Fetch-Site"] = site;
        if (origin is not null) context.Request.Headers.Origin = origin;
        await new BrowserGuard(isLoopback, ["mesh.example"]).GuardAsync(context, _ => Task.CompletedTask);
        return context.Response.StatusCode;
    }
}
