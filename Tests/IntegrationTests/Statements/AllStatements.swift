import Postgres

@testable import Auth

/// Every statement of the service. A statement that is missing here fails
/// `EveryStatementTests`, which counts them in the sources.
enum AllStatements {
    static let types: [any Statement.Type] = [
        CreatePractice.self, FindPractice.self, HoldPractice.self, ChangePractice.self,
        CreateClient.self, LockClient.self, LockNamedClient.self, CreateKey.self, FindKeys.self,
        RevokeKey.self, FindKeyClient.self, FindCaller.self,
        LockImports.self, ImportAccount.self,
        WritePatients.self, FindPatient.self, FindPatients.self, DeletePatient.self,
        FindMailboxes.self, AccountNotice.self, FindSignedIn.self,
        FindOwnAccount.self, ChangeProfile.self, LockAccount.self, HoldSession.self,
        ChangePassword.self, EndWaysIn.self, EndSessions.self, FindSessions.self,
        RememberDevice.self, FindDevices.self, ForgetDevices.self,
        FindContactChange.self, AskContactChange.self, ConfirmContact.self,
        CancelContactChange.self, NumberNotice.self, FreezeAccount.self, FindActivity.self,
        AdmitConfirmation.self, ForgetConfirmations.self,
        FindAuditRows.self, FindSealHeads.self, FindSeal.self, AddSeal.self,
        InvitePatient.self, ResendInvitation.self, FindInvitation.self, WithdrawInvitation.self,
        FindDormantAccount.self, SendReactivation.self, FindReactivation.self,
        OpenLink.self, FindEnrolment.self, AdmitIdentity.self, ReturnIdentityTry.self,
        ProveIdentity.self, ConfirmEmail.self, GiveProfile.self, GiveConsents.self,
        CompleteEnrolment.self,
        LinkAccount.self, DeclineEnrolment.self, FindOwnPatient.self,
        FindPINHolder.self, IssueActivationPIN.self,
        FindRecoveryPINHolder.self, MakeRecoveryPIN.self, ActivateRecoveryPIN.self,
        ExportAccount.self, FindOwnEntry.self, EraseAccount.self,
        TellNewAccount.self, FindTakenAddress.self, SweepEnrolments.self,
        AdmitLogin.self, RefuseLogin.self, ForgiveFailures.self, ReturnTry.self, StartLogin.self,
        FindLogin.self, StartCodelessLogin.self, StartRememberedLogin.self, ChooseApp.self,
        VerifyApp.self, VerifyRecoveryCode.self,
        FindFactors.self, AddSentFactor.self, AddApp.self, ResendFactorCode.self,
        ActivateFactor.self, ActivateApp.self, RemoveFactor.self, MakeRecoveryCodes.self,
        ResendCode.self, VerifyCode.self, RefundGuess.self, AbandonLogin.self,
        IssueCode.self, FindCodeRequest.self, ResendRequestedCode.self, VerifyRequestedCode.self,
        CancelCode.self, FindContact.self, StopSending.self, ResumeSending.self,
        AdmitRecovery.self, StartRecovery.self, FindRecovery.self, SendContactCode.self,
        VerifyContact.self, ProveApp.self, AdmitRecoveryProof.self, ShowRecoveryProof.self,
        FinishRecovery.self, FindDeskPatient.self, IssueDeskCode.self,
        RotateRefreshToken.self, FindSession.self, EndSession.self,
        ClaimMessage.self, MessageStillDue.self, SettleMessage.self, WithdrawDeadMessages.self,
        MeasureOutbox.self, FindGateways.self, FindGateway.self, ReplaceLadder.self,
        FindText.self, ChangeText.self, RemoveText.self,
        PublishDocument.self, FindDocuments.self, AcceptDocuments.self,
        FindPasswordStep.self, ChangeLoginPassword.self,
        ClimbUnreported.self, RecordReport.self,
    ]
}
