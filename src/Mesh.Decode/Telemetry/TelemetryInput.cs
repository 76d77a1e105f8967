using Mesh.Kafka;

namespace Mesh.Decode.Telemetry;

/// <summary>A telemetry message that is to be decoded.</summary>
/// <param name="Record">As the log has it.</param>
/// <param name="Source">Where it lies; its identity is the recording's.</param>
/// <param name="VehicleId">Pseudonym of the vehicle.</param>
/// <param name="Message">What its headers say.</param>
public sealed record TelemetryInput(LogRecord Record, TopicSource Source, string VehicleId, TelemetryMessage Message);
