using Microsoft.Extensions.Logging;

namespace Mesh.Training.Studies;

internal static partial class StudyLog
{
    [LoggerMessage(9350, LogLevel.Information, "Study {Study} asks for trial {Number}: {Parameters}")]
    public static partial void Asked(ILogger logger, string study, int number, string parameters);

    [LoggerMessage(9351, LogLevel.Information, "Study {Study} trial {Number} is {State}: {Reason}")]
    public static partial void TrialEnded(ILogger logger, string study, int number, string state, string reason);

    [LoggerMessage(9352, LogLevel.Information, "Study {Study} is {State}: {Reason}")]
    public static partial void StudyEnded(ILogger logger, string study, string state, string reason);

    [LoggerMessage(9353, LogLevel.Warning, "Studies wait: {Reason}")]
    public static partial void Waits(ILogger logger, string reason);
}
