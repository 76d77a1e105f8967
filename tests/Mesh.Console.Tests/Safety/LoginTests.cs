using System.Net;
using System.Text.RegularExpressions;
using Mesh.Console.Safety;
using Microsoft.AspNetCore.Http;

namespace Mesh.Console.Tests.Safety;

public sealed class LoginTests : IAsyncDisposable
{
    private readonly MovableTime time = new();
    private readonly ConsoleLogin login;
    private readonly CookieContainer cookies = new();
    private readonly HttpClient client;
    private ConsoleHost? console;

    public LoginTests()
    {
        login = new ConsoleLogin("correct horse", time);
        client = new HttpClient(new HttpClientHandler { CookieContainer = cookies, AllowAutoRedirect = false });
    }

    [Fact]
    public async Task The_token_gets_a_cookie_that_no_script_reads_and_the_page_that_was_asked_for()
    {
        await StartAsync();
        using var answer = await PostAsync("correct horse", "/recordings?state=written");

        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        answer.Headers.Location!.OriginalString.ShouldBe("/recordings?state=written");
        string cookie = answer.Headers.GetValues("Set-Cookie").Single(value => value.Contains("mesh-login", StringComparison.Ordinal));
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=strict");
        login.Knows(RequestWith(CookieValue())).ShouldBeTrue();
    }

    [Theory]
    [InlineData("//evil.example/")]
    [InlineData("https://evil.example/")]
    [InlineData("/\\evil.example")]
    public async Task A_login_never_leads_to_another_site(string next)
    {
        await StartAsync();
        using var answer = await PostAsync("correct horse", next);
        answer.Headers.Location!.OriginalString.ShouldBe("/");
    }

    [Fact]
    public async Task A_wrong_token_is_refused_and_ten_of_them_have_to_wait()
    {
        await StartAsync();
        for (int i = 0; i < 10; i++)
        {
            using var wrong = await PostAsync("guess");
            wrong.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            wrong.Headers.TryGetValues("Set-Cookie", out var set);
            (set ?? []).ShouldNotContain(value => value.Contains("mesh-login", StringComparison.Ordinal));
        }

        using var late = await PostAsync("correct horse");
        late.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        late.Headers.RetryAfter.ShouldNotBeNull();
        time.Advance(TimeSpan.FromMinutes(1));
        using var later = await PostAsync("correct horse");
        later.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task A_login_without_the_forms_own_field_is_refused()
    {
        await StartAsync();
        using var content = new FormUrlEncodedContent([new("token", "correct horse")]);
        using var answer = await client.PostAsync(new Uri(console!.Client.BaseAddress!, "/login"), content, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_login_ends_with_its_time_with_the_logout_and_with_another_token()
    {
        await StartAsync();
        (await PostAsync("correct horse")).Dispose();
        string cookie = CookieValue();
        new ConsoleLogin("correct horse", time).Knows(RequestWith(cookie)).ShouldBeTrue();
        new ConsoleLogin("another", time).Knows(RequestWith(cookie)).ShouldBeFalse();
        login.Knows(RequestWith(cookie + "x")).ShouldBeFalse();
        login.Knows(RequestWith("99999999999." + cookie[(cookie.IndexOf('.') + 1)..])).ShouldBeFalse();

        string html = await client.GetStringAsync(new Uri(console!.Client.BaseAddress!, "/"), TestContext.Current.CancellationToken);
        using (var content = new FormUrlEncodedContent([new("mesh-form", FieldOf(html))]))
        {
            (await client.PostAsync(new Uri(console.Client.BaseAddress!, "/logout"), content, TestContext.Current.CancellationToken)).Dispose();
        }

        login.Knows(RequestWith(cookie)).ShouldBeFalse();
        (await PostAsync("correct horse")).Dispose();
        time.Advance(ConsoleLogin.Lifetime);
        login.Knows(RequestWith(CookieValue())).ShouldBeFalse();
    }

    [Fact]
    public async Task A_cookie_alone_changes_nothing_unless_a_page_of_this_site_sent_the_request()
    {
        await StartAsync();
        (await PostAsync("correct horse")).Dispose();
        var request = RequestWith(CookieValue());
        request.Request.Method = "POST";
        login.Knows(request).ShouldBeFalse();
        request.Request.Headers["Sec-Fetch-Site"] = "same-origin";
        login.Knows(request).ShouldBeTrue();
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (console is not null) await console.DisposeAsync();
    }

    private async Task StartAsync() => console = await ConsoleHost.StartAsync(services => services with { Login = login });

    private async Task<HttpResponseMessage> PostAsync(string token, string next = "/")
    {
        string html = await client.GetStringAsync(new Uri(console!.Client.BaseAddress!, "/settings"), TestContext.Current.CancellationToken);
        using var content = new FormUrlEncodedContent([new("token", token), new("next", next), new("mesh-form", FieldOf(html))]);
        return await client.PostAsync(new Uri(console.Client.BaseAddress!, "/login"), content, TestContext.Current.CancellationToken);
    }

    private static string FieldOf(string html) => Regex.Match(html, "name=\"mesh-form\" value=\"([^\"]+)\"", RegexOptions.CultureInvariant).Groups[1].Value;

    private string CookieValue() => cookies.GetCookies(console!.Client.BaseAddress!).Single(cookie => cookie.Name.StartsWith("mesh-login", StringComparison.Ordinal)).Value;

    private DefaultHttpContext RequestWith(string cookie)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Connection.LocalPort = console!.Client.BaseAddress!.Port;
        context.Request.Headers.Cookie = $"mesh-login-{context.Connection.LocalPort}={cookie}";
        return context;
    }

    private sealed class MovableTime : TimeProvider
    {
        private TimeSpan moved;

        public void Advance(TimeSpan by) => moved += by;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(50) + moved;

        public override long GetTimestamp() => moved.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    }
}
