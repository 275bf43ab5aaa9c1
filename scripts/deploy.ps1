<#
.SYNOPSIS
Deploy or upgrade everything: invoke deploy, on a machine that has only Python.
.DESCRIPTION
Each switch is a flag of the task: -LockWait 60 is --lock-wait 60. -UpdateOnly runs invoke update, -Preflight runs
invoke plan, -Full and -Timestamped name the defaults. Anything else goes to the task as it is: deploy.ps1 --help
.EXAMPLE
.\scripts\deploy.ps1 -Target local
.EXAMPLE
.\scripts\deploy.ps1 -UpdateOnly -Address 203.0.113.7
#>
[CmdletBinding(PositionalBinding = $false)]
param(
    [switch] $Full,
    [switch] $UpdateOnly,
    [switch] $Preflight,
    [string] $Env,
    [string] $Target,
    [string] $Address,
    [string] $Allow,
    [string] $LockWait,
    [switch] $SkipAllowlist,
    [switch] $CloseLogins,
    [switch] $AllowInterruption,
    [switch] $AllowBreakingMigration,
    [switch] $SkipDump,
    [switch] $NoRollback,
    [switch] $Plan,
    [switch] $Timestamped,
    [switch] $NoTimestamp,
    [switch] $Json,
    [Parameter(ValueFromRemainingArguments = $true)] [string[]] $Rest
)
. (Join-Path $PSScriptRoot 'prepare.ps1')

$modes = @()
if ($Full) { $modes += 'deploy' }
if ($UpdateOnly) { $modes += 'update' }
if ($Preflight) { $modes += 'plan' }
if ($modes.Count -gt 1) {
    Stop-Wrapper -What 'these switches ask for different things' -Why "they mean: $($modes -join ', ')" `
        -Fix 'give one of -Full, -UpdateOnly, -Preflight' -Code 2
}
if ($modes.Count -eq 0) { $modes = @('deploy') }

$words = @($modes[0])
if ($PSBoundParameters.ContainsKey('Env')) { $words += "--env=$Env" } # an empty one is refused, not lost
if ($Target) { $words += @('--target', $Target) }
if ($Address) { $words += @('--address', $Address) }
if ($Allow) { $words += @('--allow', $Allow) }
if ($LockWait) { $words += @('--lock-wait', $LockWait) }
if ($SkipAllowlist) { $words += '--skip-allowlist' }
if ($CloseLogins) { $words += '--close-logins' }
if ($AllowInterruption) { $words += '--allow-interruption' }
if ($AllowBreakingMigration) { $words += '--allow-breaking-migration' }
if ($SkipDump) { $words += '--skip-dump' }
if ($NoRollback) { $words += '--no-rollback' }
if ($Plan) { $words += '--plan' }
if ($NoTimestamp) { $words += '--no-timestamp' }
if ($Json) { $words += '--json' }
if ($Rest) { $words += $Rest }

Invoke-Task -Root (Split-Path -Parent $PSScriptRoot) -Words $words
