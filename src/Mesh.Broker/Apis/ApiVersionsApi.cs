using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>What the broker understands.</summary>
internal sealed class ApiVersionsApi(BrokerState broker) : Api(ApiKey.ApiVersions, 0, 3, flexibleFrom: 3)
{
    public override bool BeforeAuthentication => true;

    public override ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        if (context.Version >= 3)
        {
            request.String();
            request.String();
            request.Tags();
        }

        Write(response, ErrorCode.None);
        if (context.Version >= 1) response.Int32(0);
        response.Tags();
        return ValueTask.CompletedTask;
    }

    /// <summary>A client newer than the broker is told the versions in the form every client can read (KIP-511).</summary>
    public void WriteUnsupported(ProtocolWriter response)
    {
        response.Flexible = false;
        Write(response, ErrorCode.UnsupportedVersion);
    }

    private void Write(ProtocolWriter response, ErrorCode error)
    {
        response.Error(error);
        response.Array(broker.Apis.All, static (writer, api) =>
        {
            writer.Int16((short)api.Key);
            writer.Int16(api.MinVersion);
            writer.Int16(api.MaxVersion);
            writer.Tags();
        });
    }
}
