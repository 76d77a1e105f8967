using System.Globalization;
using Mesh.Commands;
using Mesh.Commands.Configuration;
using Mesh.Commands.Observability;
using Mesh.Kafka;
using Mesh.Model;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Mesh.Cli.Hosting;

/// <summary>Sends traces and metrics to an OpenTelemetry collector. Settings come first, then the OTEL_* variables that every OpenTelemetry program reads.</summary>
internal sealed class TelemetryExport : IDisposable
{
    private static readonly string[] EndpointVariables = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    private readonly TracerProvider traces;
    private readonly MeterProvider metrics;

    private TelemetryExport(TracerProvider traces, MeterProvider metrics)
    {
        this.traces = traces;
        this.metrics = metrics;
    }

    /// <summary>Begins to send; null when nothing is to be sent.</summary>
    /// <exception cref="MeshException"><c>MESH11001</c> a setting is wrong.</exception>
    public static TelemetryExport? Start(Settings settings)
    {
        string? endpoint = settings.Text(SettingKeys.TelemetryOtlpEndpoint);
        bool isDisabled = string.Equals(Environment.GetEnvironmentVariable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);
        if (isDisabled || (endpoint is null && EndpointVariables.All(name => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name))))) return null;

        var target = endpoint is null ? null : ReadTarget(settings, endpoint);
        var resource = ResourceBuilder.CreateDefault()
            .AddService("mesh", serviceVersion: MeshVersion.Text, serviceInstanceId: $"{Environment.MachineName}-{Environment.ProcessId}")
            // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override ours.
            .AddEnvironmentVariableDetector();
        var tracing = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
            .AddSource(MeshTracing.SourceName, EventTracing.SourceName, "Microsoft.AspNetCore")
            .AddOtlpExporter(options => target?.Apply(options, "v1/traces"));
        if (ReadSampleRatio(settings) is { } ratio) tracing.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(ratio)));
        var metering = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
            .AddMeter([.. MetricsCollector.Meters])
            .AddOtlpExporter(options => target?.Apply(options, "v1/metrics"));
        return new TelemetryExport(tracing.Build(), metering.Build());
    }

    /// <summary>Sends what is left and stops.</summary>
    public void Dispose()
    {
        traces.Dispose();
        metrics.Dispose();
    }

    private static Target ReadTarget(Settings settings, string endpoint)
    {
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new MeshException("MESH11001", $"`{SettingKeys.TelemetryOtlpEndpoint.Name}` is '{endpoint}' ({settings[SettingKeys.TelemetryOtlpEndpoint].Source}), but should be an address such as http://localhost:4317.");
        }

        return new Target(uri, settings.Choice<OtlpProtocol>(SettingKeys.TelemetryOtlpProtocol), settings.Text(SettingKeys.TelemetryOtlpHeaders));
    }

    private static double? ReadSampleRatio(Settings settings)
    {
        if (settings.Text(SettingKeys.TelemetrySampleRatio) is not { } text) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double ratio) && ratio is >= 0 and <= 1
            ? ratio
            : throw new MeshException("MESH11001", $"`{SettingKeys.TelemetrySampleRatio.Name}` is '{text}' ({settings[SettingKeys.TelemetrySampleRatio].Source}), but should be a number from 0 to 1.");
    }

    private enum OtlpProtocol
    {
        Grpc,
        HttpProtobuf,
    }

    private sealed record Target(Uri Endpoint, OtlpProtocol Protocol, string? Headers)
    {
        public void Apply(OtlpExporterOptions options, string path)
        {
            bool isHttp = Protocol == OtlpProtocol.HttpProtobuf;
            options.Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
            options.Endpoint = isHttp ? new Uri(Endpoint.AbsoluteUri.TrimEnd('/') + "/" + path) : Endpoint;
            if (Headers is not null) options.Headers = Headers;
        }
    }
}
