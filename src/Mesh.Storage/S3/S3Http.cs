using System.Net;
using System.Net.Http.Headers;
using System.Xml.Linq;
using Amazon.Runtime;

namespace Mesh.Storage.S3;

/// <summary>The HTTP client of a connection, with a pool of its own.</summary>
internal sealed class S3Http : HttpClientFactory, IDisposable
{
    private readonly HttpClient client = new(new LifecycleAnswers { InnerHandler = Sockets() }) { Timeout = Timeout.InfiniteTimeSpan };

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => client.Dispose();

    private static SocketsHttpHandler Sockets() => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(10),

        // A store behind a name that moves to another address is found again.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    /// <summary>
    /// Ceph states a lifecycle filter's prefix and tags side by side; the specification, and with it the SDK, wants them within one
    /// <c>And</c> and refuses the whole answer otherwise.
    /// </summary>
    private sealed class LifecycleAnswers : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (request.Method != HttpMethod.Get || !response.IsSuccessStatusCode || request.RequestUri?.Query is not ("?lifecycle" or "?lifecycle=")) return response;
            var document = XDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
            foreach (var filter in document.Descendants().Where(element => element.Name.LocalName == "Filter" && element.Elements().Skip(1).Any()).ToList())
            {
                var parts = filter.Elements().SelectMany(element => element.Name.LocalName == "And" ? element.Elements() : [element]).ToList();
                filter.ReplaceNodes(new XElement(filter.Name.Namespace + "And", parts));
            }

            var content = new StringContent(document.ToString(SaveOptions.DisableFormatting));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/xml");
            response.Content.Dispose();
            response.Content = content;
            return response;
        }
    }
}
