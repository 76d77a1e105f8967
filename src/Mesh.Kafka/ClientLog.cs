using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>
/// Takes the native client's log and error events. A broker that is away is reported once every ten seconds, not once per connection
/// attempt.
/// </summary>
internal sealed class ClientLog(KafkaOptions options, ILogger logger)
{
    private const long QuietMs = 10_000;
    private long lastAway = -QuietMs;

    /// <summary>Whether an error says that brokers cannot be reached.</summary>
    public static bool IsAway(Error error) =>
        error.Code is ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Transport or ErrorCode.Local_Resolve or ErrorCode.Local_TimedOut;

    public void OnLog(LogMessage message)
    {
        // The client reports connection failures here and as errors; they are logged where they are counted, as errors.
        if (message.Level > SyslogLevel.Warning || message.Facility is "FAIL" or "ERROR")
        {
            Log.ClientDebug(logger, message.Name, message.Facility, message.Message);
        }
        else
        {
            Log.ClientWarning(logger, message.Name, message.Facility, message.Message);
        }
    }

    public void OnError(Error error)
    {
        if (IsAway(error))
        {
            long now = Environment.TickCount64;
            long last = Interlocked.Read(ref lastAway);
            if (now - last >= QuietMs && Interlocked.CompareExchange(ref lastAway, now, last) == last)
            {
                Log.BrokersAway(logger, options.Bootstrap, error.Reason);
            }
        }
        else
        {
            Log.ClientWarning(logger, options.ClientId, error.Code.ToString(), error.Reason);
        }
    }
}
